import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeSafetensors,
  encodeSafetensors,
  type Tensor,
} from '../../src/network/safetensors.ts';
import { pythonWith } from '../python.ts';

function concat(parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function file(header: string, dataBytes: number, claimed?: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(claimed ?? text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function entry(begin: number, end: number, shape = '[1]', dtype = 'F32'): string {
  return `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;
}

const tensors: Tensor[] = [
  {
    name: 'body.0.weight',
    shape: [2, 1, 3],
    data: Float32Array.of(1, -0, 3.5, Infinity, 5, 1e-45),
  },
  { name: 'empty', shape: [0, 4], data: new Float32Array(0) },
  { name: '__proto__', shape: [], data: Float32Array.of(7) },
  { name: '10', shape: [1], data: Float32Array.of(8) },
  { name: 'ä"\\', shape: [1, 1], data: Float32Array.of(9) },
];

test('safetensors written are read back: names, order, shapes, bits and metadata', () => {
  const metadata = { format: 'pt', note: '{"a": 1, "a": 2}' };
  const content = decodeSafetensors(concat(encodeSafetensors(tensors, metadata)));
  assert.deepEqual(content, { tensors, metadata });
});

test('safetensors data that is not aligned in memory is read too', () => {
  const bytes = concat(encodeSafetensors(tensors));
  const shifted = new Uint8Array(bytes.length + 1).subarray(1);
  shifted.set(bytes);
  assert.deepEqual(decodeSafetensors(shifted).tensors, tensors);
});

test('safetensors tensors start at a multiple of eight bytes', () => {
  for (let length = 1; length <= 8; length++) {
    const name = 'n'.repeat(length);
    const [header] = encodeSafetensors([{ name, shape: [0], data: new Float32Array(0) }]);
    assert.equal((header?.length ?? 1) % 8, 0);
  }
});

test('safetensors of float16, bfloat16 and float64 are read as the numbers they stand for', () => {
  const cases: [string, number[], number[]][] = [
    ['F16', [0x3c00, 0xc000, 0x0001, 0x7bff], [1, -2, 2 ** -24, 65504]],
    ['BF16', [0x3f80, 0xc000, 0x0001, 0x7f7f], [1, -2, 2 ** -133, (2 - 2 ** -7) * 2 ** 127]],
  ];
  for (const [type, bits, expected] of cases) {
    const bytes = file(`{"a":${entry(0, 8, '[4]', type)}}`, 8);
    bytes.set(new Uint8Array(Uint16Array.from(bits).buffer), bytes.length - 8);
    assert.deepEqual([...(decodeSafetensors(bytes).tensors[0]?.data ?? [])], expected, type);
  }
  const bytes = file(`{"a":${entry(0, 8, '[1]', 'F64')}}`, 8);
  new DataView(bytes.buffer).setFloat64(bytes.length - 8, 0.1, true);
  assert.deepEqual(decodeSafetensors(bytes).tensors[0]?.data, Float32Array.of(0.1));
});

test('safetensors with ambiguous or impossible contents are refused', () => {
  const cases: [string, Uint8Array, RegExp][] = [
    ['too short', new Uint8Array(7), /only 7 bytes/],
    ['huge header', file('{}', 0, 100_000_001), /header claims 100000001/],
    ['header beyond the end', file('{}', 0, 3), /header claims 3 bytes/],
    ['header of 2^64-1', Uint8Array.from(Array(16).fill(255)), /header claims/],
    ['no JSON object', file('[]', 0), /start with/],
    ['leading space', file(' {}', 0), /start with/],
    ['broken JSON', file('{"a":', 0), /not JSON/],
    [
      'broken UTF-8',
      (() => {
        const bytes = file('{"a":{}}', 0);
        bytes[10] = 0xff;
        return bytes;
      })(),
      /not JSON/,
    ],
    ['duplicate tensor', file(`{"a":${entry(0, 4)},"a":${entry(0, 4)}}`, 4), /"a" twice/],
    ['duplicate by escape', file(`{"a":${entry(0, 4)},"\\u0061":${entry(0, 4)}}`, 4), /"a" twice/],
    [
      'duplicate inside',
      file('{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}', 4),
      /"shape" twice/,
    ],
    ['hole', file(`{"a":${entry(4, 8)}}`, 8), /hole or an overlap/],
    ['overlap', file(`{"a":${entry(0, 4)},"b":${entry(0, 4)}}`, 4), /hole or an overlap/],
    ['bytes after the end', file(`{"a":${entry(0, 4)}}`, 5), /need 4 bytes, the file has 5/],
    ['truncated', file(`{"a":${entry(0, 4)}}`, 3), /need 4 bytes, the file has 3/],
    ['size against shape', file(`{"a":${entry(0, 8)}}`, 8), /needs others/],
    ['end before begin', file(`{"a":${entry(4, 0)}}`, 4), /needs others/],
    ['overflow', file(`{"a":${entry(0, 0, '[4294967296,4294967296]')}}`, 0), /impossible shape/],
    ['fraction', file(`{"a":${entry(0, 4, '[1.5]')}}`, 4), /no valid shape/],
    ['negative', file(`{"a":${entry(0, 4, '[-1]')}}`, 4), /no valid shape/],
    ['other dtype', file(`{"a":${entry(0, 4, '[1]', 'I32')}}`, 4), /dtype I32/],
    ['no dtype', file(`{"a":${entry(0, 4, '[1]', 'toString')}}`, 4), /dtype toString/],
    ['float16 of float32 size', file(`{"a":${entry(0, 4, '[1]', 'F16')}}`, 4), /needs others/],
    ['metadata of numbers', file('{"__metadata__":{"a":1}}', 0), /not a string/],
  ];
  for (const [what, bytes, message] of cases) {
    assert.throws(
      () => decodeSafetensors(bytes),
      { code: 'E_MODEL_FORMAT', exitCode: 9, message },
      what,
    );
  }
});

test('safetensors that the writer cannot express are refused', () => {
  const one = { name: 'a', shape: [1], data: Float32Array.of(1) };
  assert.throws(() => encodeSafetensors([one, one]), /"a" is used twice/);
  assert.throws(() => encodeSafetensors([{ ...one, name: '__metadata__' }]), /used twice/);
  assert.throws(() => encodeSafetensors([{ ...one, shape: [2] }]), /has 1 elements/);
});

test('damaged safetensors never crash the reader with anything but E_MODEL_FORMAT', () => {
  const valid = concat(encodeSafetensors(tensors, { a: 'b' }));
  const position = fc.nat({ max: valid.length - 1 });
  fc.assert(
    fc.property(fc.array(fc.tuple(position, fc.nat({ max: 255 })), { minLength: 1 }), (edits) => {
      const bytes = valid.slice();
      for (const [at, value] of edits) bytes[at] = value;
      try {
        decodeSafetensors(bytes);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'E_MODEL_FORMAT');
      }
    }),
    { numRuns: 300, seed: 1 },
  );
});

const python = pythonWith('safetensors', 'numpy');

test("Python's safetensors reads what is written, and its files are read", {
  skip: python.skip,
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'evensr-safetensors-'));
  try {
    const named = tensors.filter(({ name }) => name !== '__proto__');
    writeFileSync(join(folder, 'ours'), concat(encodeSafetensors(named, { format: 'pt' })));
    const script = `
import sys, safetensors, safetensors.numpy as st
path = sys.argv[1]
with safetensors.safe_open(path + '/ours', 'numpy') as f:
    assert f.metadata() == {'format': 'pt'}, f.metadata()
loaded = st.load_file(path + '/ours')
st.save_file(loaded, path + '/theirs', {'format': 'pt'})
`;
    execFileSync(python.path, ['-c', script, folder]);
    const theirs = decodeSafetensors(readFileSync(join(folder, 'theirs')));
    const byName = (a: Tensor, b: Tensor) => (a.name < b.name ? -1 : 1);
    assert.deepEqual(theirs.tensors.sort(byName), [...named].sort(byName));
    assert.deepEqual(theirs.metadata, { format: 'pt' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
