import type { Command } from 'commander';
import { degradeCases } from '../bench/cases.ts';
import { benchmarkChart } from '../bench/chart.ts';
import { fullPatience, quickPatience } from '../bench/contest.ts';
import { operatorPipelines, startPeers, timeCase, timeOperators } from '../bench/degrade.ts';
import { type PeerName, peerNames } from '../bench/degrade-peer.ts';
import { type MemoryUse, watchMemory } from '../bench/memory.ts';
import { recordedOperator } from '../bench/operators.ts';
import type { PressureReader } from '../bench/pressure.ts';
import type { BenchmarkRecord, RecordedCase } from '../bench/record.ts';
import { measureScaling, recordedScaling, type ScalingCell } from '../bench/scaling.ts';
import type { ExitCode } from '../errors.ts';
import { native } from '../native.ts';
import { registerNetworkBench } from './bench-networks.ts';
import { benchOptions, type CommonArguments, recorded } from './bench-record.ts';
import { caseTable, memoryLine, operatorTable, scalingTable } from './bench-tables.ts';
import type { Output } from './output.ts';
import { runs } from './run.ts';

/** What `evensr bench degrade` takes. */
export type BenchArguments = CommonArguments<PeerName>;

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
        // A round tells the gain of a second thread to a tenth only, on a machine that others use.
        turns: 31,
        batches: 100,
      };
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
    const peers = await startPeers(
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

/**
 * Measures the degradations, telling how it goes. `readPressure` stands in for the system's file.
 * Exit code 4 when files were asked for that a busy machine may not keep.
 */
export async function benchDegrade(
  options: BenchArguments,
  output: Output,
  readPressure?: PressureReader,
): Promise<ExitCode | undefined> {
  return await recorded(options, output, readPressure, async (about) => {
    const { cases, scaling, memory } = await new DegradeBench(options, output).run();
    const record: BenchmarkRecord = { ...about, cases };
    output.document({ ...record, memory });
    return { record, chart: () => benchmarkChart(record, scaling) };
  });
}

function registerDegrade(bench: Command): void {
  const command = bench
    .command('degrade')
    .description('time degradation synthesis: operators, batches, threads, peers, memory')
    .addHelpText('after', example);
  benchOptions(command, { cases: parts, peers: peerNames });
  runs<BenchArguments>(command, async (options, output) => await benchDegrade(options, output));
}

export function registerBench(program: Command): void {
  const bench = program.command('bench').description('measure how fast this machine works');
  bench.addHelpText('after', '\nExample:\n  evensr bench degrade --quick');
  registerDegrade(bench);
  for (const job of ['train', 'infer'] as const) registerNetworkBench(bench, job);
}
