import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { isFolder } from '../data/folder.ts';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';
import { generatorTag } from '../report/page/generator.ts';
import { type ReportSummary, writeReport } from '../report/page/write.ts';
import { formatBytes } from './bytes.ts';
import type { Output } from './output.ts';
import { runs } from './run.ts';
import { openScreen } from './screen/live.ts';
import { observerFor } from './train.ts';

interface Options {
  output?: string;
  baseline?: string;
  overwrite?: boolean;
}

const example = `
Examples:
  evensr report runs/first
  evensr report runs/quota runs/natural --baseline runs/natural -o compared.html

It reads only: a run that is still training can be looked at too.`;

/** A report may be replaced by a newer one; any other file only when that is asked for. */
async function requireOurs(file: string): Promise<void> {
  if (!existsSync(file)) return;
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    if (buffer.toString('utf8', 0, bytesRead).includes(generatorTag)) return;
  } finally {
    await handle.close();
  }
  throw new EvensrError('E_EXISTS', exitCodes.usage, `${file} is there and is no report`, {
    hint: 'choose another name, or give --overwrite',
  });
}

async function outputFile(paths: string[], { output, overwrite }: Options): Promise<string> {
  const file = output ?? defaultFile(paths);
  if (isFolder(file)) {
    throw new EvensrError('E_USAGE', exitCodes.usage, `${file} is a folder`, {
      hint: `name a file: -o ${join(file, 'report.html')}`,
    });
  }
  if (!overwrite) await requireOurs(file);
  return file;
}

function defaultFile([first, second]: string[]): string {
  return first !== undefined && second === undefined ? join(first, 'report.html') : 'report.html';
}

function tell(summary: ReportSummary, output: Output): void {
  for (const text of summary.missing) output.warn('W_REPORT', `${text} - not shown`);
  output.line(`${summary.output}  ${formatBytes(summary.bytes)}`);
  output.document(summary);
}

export function registerReport(program: Command): void {
  const command = program
    .command('report')
    .description('one HTML file that shows what balancing did: quotas, scores, pictures')
    .argument('<runs...>', 'run folders; several are shown side by side')
    .option('-o, --output <file>', 'HTML file (RUN/report.html; of several runs report.html)')
    .option('--baseline <run>', 'run folder that the others are compared with')
    .option('--overwrite', 'replace a file that is no report')
    .addHelpText('after', example);
  runs<Options>(command, async (options, output, paths): Promise<ExitCode | undefined> => {
    for (const path of paths) requireFolder(path);
    const file = await outputFile(paths, options);
    const screen = openScreen(output);
    try {
      const observer = observerFor(output, screen);
      const { baseline } = options;
      tell(await writeReport({ runs: paths, baseline, output: file, observer }), output);
    } finally {
      screen.close();
    }
    return undefined;
  });
}

function requireFolder(path: string): void {
  if (isFolder(path)) return;
  throw new EvensrError('E_RUN', exitCodes.usage, `${path} is no folder`, {
    hint: 'give the folder that train was given as --output',
  });
}
