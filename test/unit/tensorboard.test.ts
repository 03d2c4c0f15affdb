import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { EventFile } from '../../src/report/tensorboard.ts';

/** CRC32C bit by bit (Castagnoli, reflected polynomial 0x82f63b78): shares nothing with the writer. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

/** The records of a TFRecord file, with every checksum compared. */
function records(file: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    assert.equal(unmask(file.readUInt32LE(at + 8)), crc32c(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    assert.equal(unmask(file.readUInt32LE(at + 12 + length)), crc32c(data));
    found.push(data);
    at += 16 + length;
  }
  return found;
}

type Field = number | bigint | Buffer;

/** Protocol buffer wire format: field number -> values. Length-delimited ones stay bytes. */
function fields(data: Buffer): Map<number, Field[]> {
  const found = new Map<number, Field[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = data[at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (count: number): Buffer => {
    at += count;
    return data.subarray(at - count, at);
  };
  while (at < data.length) {
    const key = Number(varint());
    const wire = key & 7;
    const value: Field =
      wire === 0
        ? varint()
        : wire === 1
          ? take(8).readDoubleLE()
          : wire === 5
            ? take(4).readFloatLE()
            : take(Number(varint()));
    found.set(key >> 3, [...(found.get(key >> 3) ?? []), value]);
  }
  return found;
}

const inside = (parent: Map<number, Field[]>, field: number): Map<number, Field[]> =>
  fields(parent.get(field)?.[0] as Buffer);

describe('TensorBoard event file', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'evensr-events-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const warn = (code: string, text: string): never => assert.fail(`${code} ${text}`);

  function written(use: (file: EventFile) => void, resumedStep?: number): Map<number, Field[]>[] {
    const file = new EventFile(folder, { warn, now: () => 1234.5, resumedStep });
    use(file);
    file.close();
    const bytes = readFileSync(file.path);
    rmSync(file.path);
    return records(bytes).map(fields);
  }

  it('has the checksum of the published test vector', () => {
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  });

  it('holds scalars with their steps and tags, after the version', () => {
    const [version, scalars] = written((file) =>
      file.scalars(70_000, { loss: 0.5, 'psnr/t0': 24.25 }),
    );
    assert.equal(String(version?.get(3)?.[0]), 'brain.Event:2');
    assert.equal(version?.get(1)?.[0], 1234.5);
    assert.equal(scalars?.get(2)?.[0], 70_000n);
    const values = (inside(scalars as Map<number, Field[]>, 5).get(1) ?? []).map((v) =>
      fields(v as Buffer),
    );
    assert.deepEqual(
      values.map((value) => [String(value.get(1)?.[0]), value.get(2)?.[0]]),
      [
        ['loss', 0.5],
        ['psnr/t0', 24.25],
      ],
    );
  });

  it('tells TensorBoard after a resume which steps are to be forgotten', () => {
    const [, start] = written(() => {}, 400);
    assert.equal(start?.get(2)?.[0], 401n);
    assert.equal(inside(start as Map<number, Field[]>, 7).get(1)?.[0], 1n);
  });

  it('warns once and goes on when the folder cannot be written', () => {
    const warnings: string[] = [];
    const file = new EventFile(join(folder, 'missing'), {
      warn: (code, text) => warnings.push(`${code} ${text}`),
    });
    file.scalars(1, { loss: 1 });
    file.close();
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /^W_LOG .*\(ENOENT\) - training goes on without it/);
    assert.deepEqual(readdirSync(folder), []);
  });
});
