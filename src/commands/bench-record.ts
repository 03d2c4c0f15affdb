/** What all commands of `evensr bench` share: options, the look at the machine, files. */
import { dirname } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { busyAbove, cpuPressure, type PressureReader } from '../bench/pressure.ts';
import { type BenchmarkRecord, describeMachine } from '../bench/record.ts';
import { makeFolder } from '../data/folder.ts';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';
import { native } from '../native.ts';
import { integerWithin, numberWithin, oneOf, wordList } from './options.ts';
import type { Output } from './output.ts';

export interface CommonArguments<Peer extends string> {
  seconds: number;
  cases?: string[];
  device: 'auto' | 'cpu' | 'cuda';
  threads: number;
  peers: Peer[];
  python: string;
  output?: string;
  svg?: string;
  quick?: boolean;
}

/** Parser of a list whose words must be known. */
function listOf(known: readonly string[]): (text: string) => string[] {
  return (text) => {
    const words = wordList(text);
    const strange = words.find((word) => !known.includes(word));
    if (strange === undefined) return words;
    throw new InvalidArgumentError(`There is no ${strange}; known: ${known.join(', ')}.`);
  };
}

function peerList(known: readonly string[]): (text: string) => string[] {
  return (text) => {
    if (text === 'auto') return [...known];
    return text === 'none' ? [] : listOf(known)(text);
  };
}

/** Adds the options that every command of `evensr bench` has. */
export function benchOptions(
  command: Command,
  { cases, peers }: { cases: readonly string[]; peers: readonly string[] },
): void {
  const peerHelp = `auto, none, or some of: ${peers.join(', ')}`;
  command
    .option('--seconds <n>', 'of every contender in a case', numberWithin(0.1, 3600), 5)
    .option('--cases <names>', 'only these, separated by commas (all)', listOf(cases))
    .option('--device <name>', 'auto, cpu or cuda', oneOf('auto', 'cpu', 'cuda'), 'cpu')
    .option('--threads <n>', '0: all CPUs', integerWithin(0, 1024), 0)
    .option('--peers <names>', peerHelp, peerList(peers), [...peers])
    .option('--python <path>', 'the Python of the peers', 'python3')
    .option('-o, --output <file>', 'keep the figures as JSON, unless the machine is busy')
    .option('--svg <file>', 'draw them, unless the machine is busy')
    .option('--quick', 'few samples: shows that it works, not how fast it is');
}

type Options = CommonArguments<string>;

function requireCpu(device: Options['device'], output: Output): void {
  if (device === 'cpu') return;
  const { cuda } = native.info();
  const reason = cuda.available ? 'nothing is measured on it yet' : cuda.reason;
  if (device === 'auto') {
    output.note(`on the CPU: no CUDA (${reason})`);
    return;
  }
  throw new EvensrError('E_DEVICE', exitCodes.usage, `no CUDA device: ${reason}`, {
    hint: 'use --device cpu, or --device auto to fall back to it',
  });
}

/** Whether files may be kept: not when something else is running. */
function mayRecord(options: Options, output: Output, read?: PressureReader): boolean {
  const pressure = cpuPressure(read);
  if (!(pressure > busyAbove)) return true;
  const files = [options.output, options.svg].filter((path) => path !== undefined);
  const unwritten =
    files.length > 0
      ? `; ${files.join(' and ')} ${files.length > 1 ? 'are' : 'is'} not written`
      : '';
  const reason = `CPU pressure ${pressure} %, more than ${busyAbove} %`;
  output.warn(
    'W_BUSY',
    `something else is running (${reason}): do not publish these figures${unwritten}`,
  );
  return false;
}

async function write(path: string, text: string, output: Output): Promise<void> {
  await native.writeFileDurably(path, [Buffer.from(text)]);
  output.line(path);
}

export interface Measurement {
  record: BenchmarkRecord;
  /** The figures as one SVG. */
  chart(): string;
}

/**
 * Says on what machine, measures, and writes the files that were asked for unless the machine is busy.
 * Exit code 4 when they were not written.
 */
export async function recorded(
  options: Options,
  output: Output,
  readPressure: PressureReader | undefined,
  measure: (about: Omit<BenchmarkRecord, 'cases'>) => Promise<Measurement>,
): Promise<ExitCode | undefined> {
  const { output: file, svg } = options;
  const recording = mayRecord(options, output, readPressure);
  requireCpu(options.device, output);
  for (const path of [file, svg]) if (path !== undefined && recording) makeFolder(dirname(path));
  const about = describeMachine(options.threads || native.info().threads);
  output.line(`${about.cpu}; ${about.machine}; commit ${about.commit}`);
  const { record, chart } = await measure(about);
  if (recording && file) await write(file, `${JSON.stringify(record, null, 2)}\n`, output);
  if (recording && svg) await write(svg, chart(), output);
  return recording || !(file ?? svg) ? undefined : exitCodes.someFailed;
}
