import { dirname } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { degradeCases } from '../bench/cases.ts';
import { benchmarkChart } from '../bench/chart.ts';
import { fullPatience, quickPatience } from '../bench/contest.ts';
import { operatorPipelines, timeCase, timeOperators } from '../bench/degrade.ts';
import { type MemoryUse, watchMemory } from '../bench/memory.ts';
import { recordedOperator } from '../bench/operators.ts';
import { type PeerName, peerNames } from '../bench/peer.ts';
import { PeerSet } from '../bench/peers.ts';
import { busyAbove, cpuPressure, type PressureReader } from '../bench/pressure.ts';
import { type BenchmarkRecord, describeMachine, type RecordedCase } from '../bench/record.ts';
import { measureScaling, recordedScaling, type ScalingCell } from '../bench/scaling.ts';
import { makeFolder } from '../data/folder.ts';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';
import { native } from '../native.ts';
import { caseTable, memoryLine, operatorTable, scalingTable } from './bench-tables.ts';
import { integerWithin, numberWithin, oneOf, wordList } from './options.ts';
import type { Output } from './output.ts';
import { runs } from './run.ts';

/** What `evensr bench degrade` takes. */
export interface BenchArguments {
  seconds: number;
  cases?: string[];
  device: 'auto' | 'cpu' | 'cuda';
  threads: number;
  peers: PeerName[];
  python: string;
  output?: string;
  svg?: string;
  quick?: boolean;
}

const parts = ['op', 'scaling', ...degradeCases.map(({ name }) => name), 'memory'];

const example = `
Examples:
  evensr bench degrade
  evensr bench degrade --quick --peers none
  evensr bench degrade --cases degrade/256,op --seconds 20 -o bench.json --svg bench.svg

Cases: ${parts.join(', ')}.
The peers are PyTorch doing Real-ESRGAN's degradation and OpenCV doing BSRGAN's; they run in a python3 that has
torch or cv2 and numpy. Both start with glibc keeping the memory that they free.`;

const side = 256;

/** Sizes of the parts; --quick only shows that all works. */
function efforts({ quick, seconds }: BenchArguments) {
  return quick
    ? { patience: quickPatience, leastBatch: 1, images: 16, rounds: 1, turns: 1, batches: 4 }
    : {
        patience: fullPatience(seconds),
        leastBatch: 64,
        images: 256,
        rounds: 5,
        turns: 9,
        batches: 100,
      };
}

function requireCpu(device: BenchArguments['device'], output: Output): void {
  if (device === 'cpu') return;
  const { cuda } = native.info();
  const reason = cuda.available ? 'it cannot degrade yet' : cuda.reason;
  if (device === 'auto') {
    output.note(`on the CPU: no CUDA (${reason})`);
    return;
  }
  throw new EvensrError('E_DEVICE', exitCodes.usage, `no CUDA device: ${reason}`, {
    hint: 'use --device cpu, or --device auto to fall back to it',
  });
}

/** Whether files may be kept: not when something else is running. */
function mayRecord(options: BenchArguments, output: Output, read?: PressureReader): boolean {
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

interface Measured {
  cases: RecordedCase[];
  scaling: ScalingCell[];
  memory: MemoryUse | undefined;
}

/** Runs one part after the other and prints each as soon as it is known. */
class DegradeBench {
  private readonly options: BenchArguments;
  private readonly output: Output;
  private readonly threads: number;

  constructor(options: BenchArguments, output: Output) {
    this.options = options;
    this.output = output;
    this.threads = options.threads || native.info().threads;
  }

  private wants(part: string): boolean {
    return this.options.cases?.includes(part) ?? true;
  }

  private print(lines: readonly string[]): void {
    for (const line of ['', ...lines]) this.output.line(line);
  }

  private async operators(): Promise<RecordedCase[]> {
    if (!this.wants('op')) return [];
    const { images, rounds } = efforts(this.options);
    const known = new Map<string, RecordedCase>();
    for (const pipeline of operatorPipelines) {
      const { side, space } = pipeline;
      this.output.note(`operators of ${space.name} …`);
      const { lines, hardware } = await timeOperators(pipeline, { images, rounds });
      this.print(operatorTable(lines, { space: space.name, hardware, side, images }));
      for (const found of lines.map(recordedOperator))
        if (!known.has(found.name)) known.set(found.name, found);
    }
    return [...known.values()];
  }

  private async scaling(): Promise<ScalingCell[]> {
    if (!this.wants('scaling')) return [];
    const { images, turns: rounds } = efforts(this.options);
    const { threads } = this;
    const cells = await measureScaling({ side, threads, images, rounds }, (round) =>
      this.output.note(`batches and threads, round ${round + 1} of ${rounds} …`),
    );
    this.print(scalingTable(cells, side));
    return cells;
  }

  private async contests(): Promise<RecordedCase[]> {
    const wanted = degradeCases.filter(({ name }) => this.wants(name));
    if (wanted.length === 0) return [];
    const { threads, output } = this;
    const { python, peers: names } = this.options;
    const { patience, leastBatch } = efforts(this.options);
    const how = { threads, patience, leastBatch: Math.max(leastBatch, 4 * threads) };
    const needed = names.filter((name) => wanted.some(({ peers }) => peers.includes(name)));
    const peers = await PeerSet.start(
      needed,
      { python, threads },
      {
        onReady: ({ name, version }, trials) =>
          output.note(`peer ${name} ${version}: agrees in ${trials} trials of single operators`),
        onLeftOut: (name, reason) => output.note(`without the peer ${name}: ${reason}`),
      },
    );
    const timed: RecordedCase[] = [];
    try {
      for (const found of wanted) {
        output.note(`${found.name} …`);
        timed.push(await peers.among(found.peers, (there) => timeCase(found, there, how)));
      }
    } finally {
      await peers.close();
    }
    this.print(caseTable(timed, threads));
    return timed;
  }

  private async memory(): Promise<MemoryUse | undefined> {
    if (!this.wants('memory')) return undefined;
    this.output.note('memory …');
    const { batches } = efforts(this.options);
    const use = await watchMemory({ side, threads: this.threads, batches });
    this.print([memoryLine(use)]);
    return use;
  }

  async run(): Promise<Measured> {
    const operators = await this.operators();
    const scaling = await this.scaling();
    const contests = await this.contests();
    const memory = await this.memory();
    return { cases: [...contests, ...recordedScaling(scaling), ...operators], scaling, memory };
  }
}

async function write(path: string, text: string, output: Output): Promise<void> {
  await native.writeFileDurably(path, [Buffer.from(text)]);
  output.line(path);
}

/**
 * Measures the degradations, telling how it goes. `readPressure` stands in for the system's file.
 * Exit code 4 when files were asked for that a busy machine may not keep.
 */
export async function benchDegrade(
  options: BenchArguments,
  output: Output,
  readPressure?: PressureReader,
): Promise<ExitCode | undefined> {
  const { output: file, svg } = options;
  const recording = mayRecord(options, output, readPressure);
  requireCpu(options.device, output);
  for (const path of [file, svg]) if (path !== undefined && recording) makeFolder(dirname(path));
  const about = describeMachine(options.threads || native.info().threads);
  output.line(`${about.cpu}; ${about.machine}; commit ${about.commit}`);
  const { cases, scaling, memory } = await new DegradeBench(options, output).run();
  const record: BenchmarkRecord = { ...about, cases };
  output.document({ ...record, memory });
  if (recording && file) await write(file, `${JSON.stringify(record, null, 2)}\n`, output);
  if (recording && svg) await write(svg, benchmarkChart(record, scaling), output);
  return recording || !(file ?? svg) ? undefined : exitCodes.someFailed;
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

function peerList(text: string): PeerName[] {
  if (text === 'auto') return [...peerNames];
  return text === 'none' ? [] : (listOf(peerNames)(text) as PeerName[]);
}

export function registerBench(program: Command): void {
  const bench = program.command('bench').description('measure how fast this machine works');
  bench.addHelpText('after', '\nExample:\n  evensr bench degrade --quick');
  const command = bench
    .command('degrade')
    .description('time degradation synthesis: operators, batches, threads, peers, memory')
    .option('--seconds <n>', 'of every contender in a case', numberWithin(0.1, 3600), 5)
    .option('--cases <names>', 'only these parts, separated by commas (all)', listOf(parts))
    .option('--device <name>', 'auto, cpu or cuda', oneOf('auto', 'cpu', 'cuda'), 'cpu')
    .option('--threads <n>', '0: all CPUs', integerWithin(0, 1024), 0)
    .option('--peers <names>', 'auto, none, or some of: torch, opencv, scipy', peerList, [
      ...peerNames,
    ])
    .option('--python <path>', 'the Python of the peers', 'python3')
    .option('-o, --output <file>', 'keep the figures as JSON, unless the machine is busy')
    .option('--svg <file>', 'draw them, unless the machine is busy')
    .option('--quick', 'few samples: shows that it works, not how fast it is')
    .addHelpText('after', example);
  runs<BenchArguments>(command, async (options, output) => await benchDegrade(options, output));
}
