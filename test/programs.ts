/** C++ programs that tests compile from the native core, without Node, and run. */
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Compiler {
  path: string;
  /** First line of --version. */
  version: string;
}

/** The compiler of that name, if the machine has it. */
export function findCompiler(name: string): Compiler | undefined {
  const found = spawnSync(name, ['--version'], { encoding: 'utf8' });
  if (found.status !== 0) return undefined;
  return { path: name, version: found.stdout.split('\n')[0] as string };
}

/** The GNU compiler with its sanitizers, if the machine has them. */
export function findSanitizer(): Compiler | undefined {
  const compiler = findCompiler('g++');
  const library = spawnSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).stdout;
  return library?.includes('/') ? compiler : undefined;
}

/** What CMakeLists.txt compiles the addon with, without its level of optimisation. */
export function productFlags(): string[] {
  const cmake = readFileSync(join(root, 'CMakeLists.txt'), 'utf8');
  const flags = cmake.match(/-O3 ([^)]*-ffp-contract=off[^)]*)\)/)?.[1];
  if (!flags) throw new Error('CMakeLists.txt: no compile options found');
  return flags.split(/\s+/).filter((flag) => flag !== '');
}

function filesOf(folder: string, ending: RegExp): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => ending.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** The sources of the degradation engine on the CPU: all that needs neither Node nor OpenMP. */
export function degradationSources(): string[] {
  const ofNetworks = /cpu_network|network_backend|omp\.h|peak\.h|metrics\.h/;
  return [...filesOf('native/degrade', /\.cc$/), ...filesOf('native/cpu', /\.cc$/)].filter(
    (file) => !ofNetworks.test(readFileSync(join(root, file), 'utf8')),
  );
}

/** What pictures and probes are scored with. */
export const scoreSources = ['native/cpu/metrics.cc', 'native/nn/score.cc', 'native/parallel.cc'];

/** Everything that a program may include: one hash, so that a changed header compiles all anew. */
function headersHash(): string {
  const hash = createHash('sha256');
  const folders = ['native', 'native/degrade', 'native/cpu', 'native/math', 'native/nn'];
  const ofTests = ['native-matrix', 'native-matrix/tracked/math', 'fuzz', 'fuzz/shadow/cpu'];
  for (const folder of [...folders, ...ofTests.map((name) => `test/${name}`)])
    for (const file of filesOf(folder, /\.h$/)) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

export interface Program {
  compiler: Compiler;
  flags: string[];
  sources: string[];
}

const maxRunning = 2;
let running = 0;
const waiting: (() => void)[] = [];

/** Runs `work` when fewer than two compilers run. */
async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  while (running >= maxRunning) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
  try {
    return await work();
  } finally {
    running--;
    waiting.shift()?.();
  }
}

async function compile(command: string, words: string[], output: string): Promise<string> {
  if (existsSync(output)) {
    utimesSync(output, new Date(), new Date());
    return output;
  }
  const unfinished = `${output}.${process.pid}`;
  await inTurn(() => run(command, [...words, '-o', unfinished], { cwd: root }));
  renameSync(unfinished, output);
  return output;
}

const keptMilliseconds = 7 * 24 * 3600 * 1000;

/** Removes what no test has asked for in a week. Another process may be doing the same. */
function prune(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    const used = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (used !== undefined && Date.now() - used > keptMilliseconds) rmSync(file, { force: true });
  }
}

/**
 * Compiles and links, and returns the path of the executable. What was compiled before from the same
 * text, with the same compiler and flags, is taken from `build/programs`.
 */
export async function buildProgram({ compiler, flags, sources }: Program): Promise<string> {
  const folder = join(root, 'build/programs');
  mkdirSync(folder, { recursive: true });
  prune(folder);
  const common = [compiler.version, ...flags, headersHash()].join('\0');
  const named = (file: string, text: string, ending: string) => {
    const hash = createHash('sha256').update(common).update(text).digest('hex').slice(0, 24);
    return join(folder, `${basename(file, '.cc')}-${hash}${ending}`);
  };
  const options = ['-std=c++17', '-D_GNU_SOURCE', ...flags, '-Inative'];
  const objects = await Promise.all(
    sources.map((file) => {
      const object = named(file, `${file}\0${readFileSync(join(root, file), 'utf8')}`, '.o');
      return compile(compiler.path, [...options, '-c', file], object);
    }),
  );
  const program = named(sources[0] as string, objects.join('\0'), '');
  return await compile(compiler.path, [...flags, ...objects, '-pthread'], program);
}

export async function runProgram(program: string, ...arguments_: string[]): Promise<string> {
  return (await run(program, arguments_, { cwd: root, maxBuffer: 1 << 26 })).stdout;
}

/** test/fuzz/degrade.cc under the address and undefined-behaviour sanitizers. */
export function buildFuzzer(compiler: Compiler): Promise<string> {
  const sanitize = ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined', '-g'];
  const flags = ['-O1', ...productFlags(), ...sanitize, '-fno-omit-frame-pointer'];
  const includes = ['-Itest/fuzz/shadow', '-Itest/fuzz'];
  const sources = ['test/fuzz/degrade.cc', ...degradationSources()];
  return buildProgram({ compiler, flags: [...flags, ...includes], sources });
}
