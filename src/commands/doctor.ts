import { createRequire } from 'node:module';
import type { Command } from 'commander';
import { type NativeInfo, native } from '../native.ts';
import { runs } from './run.ts';

function packageVersion(name: string): string | undefined {
  try {
    return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
  } catch {
    return undefined;
  }
}

async function onnxruntime(): Promise<string> {
  const version = packageVersion('onnxruntime-node');
  if (!version) return 'not installed (optional)';
  try {
    const { listSupportedBackends } = await import('onnxruntime-node');
    const names = listSupportedBackends().map((backend) => backend.name);
    return `${version} (${names.join(', ')})`;
  } catch (error) {
    return `${version}, but it cannot be loaded: ${(error as Error).message}`;
  }
}

/** Everything that decides how fast and on what evensr runs here. */
async function diagnose() {
  const info = native.info();
  const { default: sharp } = await import('sharp');
  return {
    evensr: info.version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    cpu: { features: info.cpuFeatures, simd: info.simd, threads: info.threads },
    sharp: `${packageVersion('sharp') ?? sharp.versions.sharp} (libvips ${sharp.versions.vips})`,
    onnxruntime: await onnxruntime(),
    cuda: info.cuda,
  };
}

function cudaRows({ devices, reason }: NativeInfo['cuda']): [string, string][] {
  if (devices.length === 0) return [['CUDA', `none: ${reason}`]];
  const gibibytes = (bytes: number) => (bytes / 2 ** 30).toFixed(1);
  return devices.map(({ name, capability, memory, freeMemory }, at) => [
    `cuda:${at}`,
    `${name}, compute capability ${capability}, ${gibibytes(freeMemory)} of ${gibibytes(memory)} GiB free`,
  ]);
}

export function registerDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('show what evensr found on this machine and what it will use')
    .addHelpText('after', '\nExample:\n  evensr doctor --json');
  runs(command, async (_options, output) => {
    const found = await diagnose();
    output.document(found);
    const rows: [string, string][] = [
      ['evensr', `${found.evensr}, Node ${found.node}, ${found.platform}`],
      [
        'CPU',
        `${found.cpu.simd} loops, ${found.cpu.threads} threads (${found.cpu.features.join(' ')})`,
      ],
      ['sharp', found.sharp],
      ['onnxruntime', found.onnxruntime],
      ...cudaRows(found.cuda),
    ];
    for (const [name, text] of rows) output.line(`${name.padEnd(12)} ${text}`);
    return undefined;
  });
}
