/** `evensr bench train` and `evensr bench upscale`: networks against PyTorch and onnxruntime. */
import type { Command } from 'commander';
import { networkChart } from '../bench/chart.ts';
import { fullPatience, quickPatience } from '../bench/contest.ts';
import { type NetworkCase, type NetworkJob, networkCases } from '../bench/networks/cases.ts';
import { NetworkPeer, type NetworkPeerName, type Search } from '../bench/networks/peer.ts';
import { timeNetworkCase } from '../bench/networks/time.ts';
import { PeerSet } from '../bench/peers.ts';
import type { PressureReader } from '../bench/pressure.ts';
import type { BenchmarkRecord, RecordedCase } from '../bench/record.ts';
import type { ExitCode } from '../errors.ts';
import { networkTable } from './bench-network-tables.ts';
import { benchOptions, type CommonArguments, recorded } from './bench-record.ts';
import type { Output } from './output.ts';
import { runs } from './run.ts';

/** What `evensr bench train` and `evensr bench upscale` take. */
export type NetworkBenchArguments = CommonArguments<NetworkPeerName>;

/** How it is called, and what one of the unit is. */
const commands = {
  train: { name: 'train', unit: 'Training steps', description: 'time training steps' },
  infer: { name: 'upscale', unit: 'Pictures', description: 'time networks on a picture' },
} as const;

const efforts = {
  full: { ways: ['eager', 'compile'], rounds: 5, seconds: 20, compileSeconds: 180 },
  quick: { ways: ['eager'], rounds: 1, seconds: 0, compileSeconds: 0 },
} as const satisfies Record<string, Search>;

const casesOf = (job: NetworkJob) => networkCases.filter((found) => found.job === job);

async function timed(
  wanted: readonly NetworkCase[],
  { seconds, quick, peers: names, python }: NetworkBenchArguments,
  threads: number,
  output: Output,
): Promise<RecordedCase[]> {
  const needed = names.filter((name) => wanted.some(({ peers }) => peers.includes(name)));
  const peers = await PeerSet.start<NetworkPeer>(needed, {
    start: (name) => NetworkPeer.start(name, { python, threads }),
    // What it computes can be compared only case by case.
    admit: async () => {},
    onLeftOut: (name, reason) => output.note(`without the peer ${name}: ${reason}`),
  });
  const how = {
    ...{ threads, patience: quick ? quickPatience : fullPatience(seconds) },
    ...{ search: quick ? efforts.quick : efforts.full },
    onChosen: (line: string) => output.note(line),
  };
  try {
    const cases: RecordedCase[] = [];
    for (const found of wanted) {
      output.note(`${found.name} …`);
      cases.push(await peers.among(found.peers, (there) => timeNetworkCase(found, there, how)));
    }
    return cases;
  } finally {
    await peers.close();
  }
}

/**
 * Measures networks, telling how it goes. `readPressure` stands in for the system's file. Exit code 4 when
 * files were asked for that a busy machine may not keep.
 */
export async function benchNetworks(
  job: NetworkJob,
  options: NetworkBenchArguments,
  output: Output,
  readPressure?: PressureReader,
): Promise<ExitCode | undefined> {
  return await recorded(options, output, readPressure, async (about) => {
    const wanted = casesOf(job).filter(({ name }) => options.cases?.includes(name) ?? true);
    const cases = await timed(wanted, options, about.threads, output);
    const record: BenchmarkRecord = { ...about, cases };
    for (const line of ['', ...networkTable(cases, about.threads)]) output.line(line);
    output.document(record);
    const { name, unit } = commands[job];
    return { record, chart: () => networkChart(record, `evensr bench ${name}`, unit) };
  });
}

export function registerNetworkBench(bench: Command, job: NetworkJob): void {
  const { name, description } = commands[job];
  const cases = casesOf(job).map((found) => found.name);
  const peers = [...new Set(casesOf(job).flatMap((found) => found.peers))];
  const command = bench
    .command(name)
    .description(
      `${description} against ${job === 'train' ? 'PyTorch' : 'PyTorch and onnxruntime'}`,
    );
  benchOptions(command, { cases, peers });
  command.addHelpText(
    'after',
    `
Examples:
  evensr bench ${name}
  evensr bench ${name} --quick --cases ${cases[0]} --peers torch-fp32

Cases: ${cases.join(', ')}.
The peers run in a python3 that has ${job === 'train' ? 'torch' : 'torch, onnxruntime'} and numpy. PyTorch tries eager and compiled, contiguous
and channels_last tensors first (--quick: not compiled) and is timed in its fastest way, with glibc keeping the memory
that it frees.`,
  );
  runs<NetworkBenchArguments>(
    command,
    async (options, output) => await benchNetworks(job, options, output),
  );
}
