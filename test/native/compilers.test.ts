/**
 * The engine gives the same bits whatever it was compiled with: a program of its sources without Node
 * and oneDNN degrades one list of images, and every build must print the hashes of all others, the
 * last of which is also the addon's.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { native } from '../../src/native.ts';
import { Random } from '../../src/rng.ts';
import {
  buildProgram,
  type Compiler,
  degradationSources,
  findCompiler,
  productFlags,
  runProgram,
} from '../programs.ts';
import { randomRecipe } from './degrade.ts';
import { testImage } from './images.ts';

interface Image {
  height: number;
  width: number;
  recipe: Float64Array;
  levels: Uint8Array;
}

function makeImages(count: number): Image[] {
  const random = new Random(1, 99, 7);
  return Array.from({ length: count }, (_, i) => {
    const scale = 1 + (i % 4);
    const [height, width] = [scale * (6 + random.integer(8)), scale * (6 + random.integer(8))];
    const levels = Uint8Array.from(testImage(height, width, i), (v) => Math.round(255 * v));
    return { height, width, recipe: Float64Array.from(randomRecipe(i, scale)), levels };
  });
}

/** The format that test/native-matrix/images.h reads. */
function writeImages(file: string, images: Image[]): void {
  const parts = images.flatMap(({ height, width, recipe, levels }) => [
    new Uint8Array(Float64Array.of(height, width, ...recipe).buffer),
    levels,
  ]);
  writeFileSync(file, Buffer.concat(parts));
}

async function hashOfAddon(images: Image[]): Promise<string> {
  const hash = createHash('sha256');
  for (const { height, width, recipe, levels } of images) {
    const gt = Float32Array.from(levels, (level) => level / 255);
    const options = { usm: false, threads: 1 };
    const batch = await native.synthesizeFrom(gt, { batch: 1, height, width }, recipe, options);
    hash.update(batch.lq());
    batch.dispose();
  }
  return hash.digest('hex');
}

const cpuFlags = /^flags\s*:(.*)$/m.exec(readCpu())?.[1]?.split(' ') ?? [];

function readCpu(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}

interface Build {
  compiler: 'g++' | 'clang++';
  flags: string[];
  /** What /proc/cpuinfo must list for it to be run. */
  needs?: string[];
}

const g = (...flags: string[]): Build => ({ compiler: 'g++', flags });
const forced = (path: string, ...needs: string[]): Build => ({
  ...g('-O3', `-DEVENSR_SIMD=${path}`),
  needs,
});

const builds: Build[] = [
  ...[g('-O1'), g('-O2'), g('-O3')],
  { compiler: 'clang++', flags: ['-O2'] },
  ...(process.arch === 'x64'
    ? [
        { ...g('-O2', '-march=x86-64-v3'), needs: ['avx2', 'fma'] },
        forced('baseline'),
        forced('avx2', 'avx2', 'fma'),
        forced('avx512', 'avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl'),
      ]
    : []),
];

describe('every build of the engine gives the same bits', () => {
  const folder = fileURLToPath(new URL('../../../build/programs', import.meta.url));
  const file = `${folder}/images-${process.pid}.bin`;
  const images = makeImages(1000);
  let expected: Promise<string>;

  const hashes = async (compiler: Compiler, flags: string[]) => {
    const sources = ['test/native-matrix/hash.cc', ...degradationSources()];
    const all = [...productFlags(), ...flags];
    const program = await buildProgram({ compiler, flags: all, sources });
    return async () => await runProgram(program, file);
  };

  before(() => {
    mkdirSync(folder, { recursive: true });
    writeImages(file, images);
  });
  after(() => rmSync(file));

  const first = findCompiler('g++') ?? findCompiler('clang++');
  it('the addon among them', { skip: first ? false : 'no g++ and no clang++' }, async () => {
    expected = hashes(first as Compiler, ['-O0']).then((run) => run());
    const lines = (await expected).trim().split('\n');
    const lq = lines.find((line) => line.startsWith('lq: '));
    assert.equal(lq, `lq: ${await hashOfAddon(images)}, ${images.length} images`);
    for (const line of lines) assert.match(line, /: [0-9a-f]{64}, \d\d+ images$/);
  });

  for (const { compiler, flags, needs = [] } of builds) {
    const found = findCompiler(compiler);
    const name = `${compiler} ${flags.join(' ')}`;
    it(name, { skip: found ? false : `no ${compiler}` }, async (t) => {
      const run = await hashes(found as Compiler, flags);
      const missing = needs.filter((flag) => !cpuFlags.includes(flag));
      if (missing.length > 0) return t.skip(`compiled; this CPU has no ${missing.join(', ')}`);
      assert.equal(await run(), await expected);
    });
  }
});
