/**
 * The engine gives the same bits whatever it was compiled with: a program of its sources without Node
 * degrades one list of images and scores them, and every build must print the hashes of
 * all others. That of the results is also the addon's.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  bankOptions,
  degradeImages,
  type RecipeImage,
  randomImages,
  writeImageFile,
} from '../image-file.ts';
import {
  buildProgram,
  type Compiler,
  degradationSources,
  findCompiler,
  productFlags,
  runProgram,
  scoreSources,
} from '../programs.ts';
import { testBank } from '../random-recipe.ts';

async function hashOfAddon(images: RecipeImage[], bankFile: string): Promise<string> {
  const hash = createHash('sha256');
  for (const lq of await degradeImages(images, bankOptions(bankFile, testBank()))) hash.update(lq);
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
  compiler: 'g++' | 'clang++' | 'aarch64-linux-gnu-g++';
  flags: string[];
  /** What /proc/cpuinfo must list for it to be run. */
  needs?: string[];
  /** Runs it where this machine cannot. */
  emulator?: string;
}

const g = (...flags: string[]): Build => ({ compiler: 'g++', flags });
const forced = (path: string, ...needs: string[]): Build => ({
  ...g('-O3', `-DEVENSR_SIMD=${path}`),
  needs,
});

const avx512 = ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl'];

const builds: Build[] = [
  ...[g('-O1'), g('-O2'), g('-O3')],
  { compiler: 'clang++', flags: ['-O2'] },
  ...(process.arch === 'x64'
    ? [
        { ...g('-O2', '-march=x86-64-v3'), needs: ['avx2', 'fma'] },
        { ...g('-O2', '-march=x86-64-v4'), needs: avx512 },
        forced('baseline'),
        forced('avx2', 'avx2', 'fma'),
        forced('avx512', ...avx512),
      ]
    : []),
  // Static, so that the emulator needs no libraries of the other machine.
  { compiler: 'aarch64-linux-gnu-g++', flags: ['-O2', '-static'], emulator: 'qemu-aarch64' },
];

describe('every build of the engine gives the same bits', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evensr-compilers-'));
  const file = join(folder, 'images');
  const images = randomImages(1000);
  let expected: Promise<string>;

  const hashes = async (compiler: Compiler, flags: string[], emulator?: string) => {
    const sources = ['test/native-matrix/hash.cc', ...degradationSources(), ...scoreSources];
    const all = [...productFlags(), ...flags];
    const program = await buildProgram({ compiler, flags: all, sources });
    return async () => {
      return await (emulator ? runProgram(emulator, program, file) : runProgram(program, file));
    };
  };

  before(() => writeImageFile(file, testBank(), images));
  after(() => rmSync(folder, { recursive: true }));

  const first = findCompiler('g++') ?? findCompiler('clang++');
  it('the addon among them', { skip: first ? false : 'no g++ and no clang++' }, async () => {
    expected = hashes(first as Compiler, ['-O0']).then((run) => run());
    const lines = (await expected).trim().split('\n');
    const lq = lines.find((line) => line.startsWith('lq: '));
    assert.equal(
      lq,
      `lq: ${await hashOfAddon(images, join(folder, 'patches'))}, ${images.length} images`,
    );
    for (const line of lines) assert.match(line, /: [0-9a-f]{64}, \d\d+ images$/);
  });

  for (const { compiler, flags, needs = [], emulator } of builds) {
    const found = findCompiler(compiler);
    const absent = [compiler, ...(emulator ? [emulator] : [])].find((name) => !findCompiler(name));
    const name = [compiler, ...flags, ...(emulator ? [`on ${emulator}`] : [])].join(' ');
    it(name, { skip: absent ? `no ${absent}` : false }, async (t) => {
      const run = await hashes(found as Compiler, flags, emulator);
      const missing = needs.filter((flag) => !cpuFlags.includes(flag));
      if (missing.length > 0) return t.skip(`compiled; this CPU has no ${missing.join(', ')}`);
      assert.equal(await run(), await expected);
    });
  }
});
