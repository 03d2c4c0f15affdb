import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import { formatTable } from '../report/table.ts';
import { type MeasuredReferences, measureCheckpoint } from '../train/measure.ts';
import { Signals } from '../train/signals.ts';
import { integerWithin } from './options.ts';
import type { Output } from './output.ts';
import { runs } from './run.ts';
import { openScreen } from './screen/live.ts';
import { observerFor } from './train.ts';

interface Options {
  steps?: number;
}

const example = `
Examples:
  evensr tasks measure runs/first
  evensr tasks measure runs/first/checkpoints/step-00020000.safetensors --steps 1000

The references are kept beside the checkpoint, for balance.references of another run.
A measurement that was interrupted goes on with the task that was not finished.`;

function tell(output: Output, { tasks, file, steps }: MeasuredReferences): void {
  const columns = [
    { title: 'task' },
    { title: 'PSNR', align: 'right' as const },
    { title: 'specialist', align: 'right' as const },
    { title: 'gap', align: 'right' as const },
  ];
  const rows = tasks.map(({ id, psnr, reference }) => [
    id,
    psnr === null ? '-' : psnr.toFixed(2),
    reference.toFixed(2),
    psnr === null ? '-' : (reference - psnr).toFixed(2),
  ]);
  for (const line of formatTable(columns, rows)) output.line(line);
  output.line(`dB on the probes; specialists of ${steps} steps. Kept in ${file}`);
}

/** Adds `measure` to the command `tasks`. */
export function registerTasksMeasure(tasks: Command): void {
  const command = tasks
    .command('measure')
    .description('measure what a specialist of each task reaches, from a checkpoint')
    .argument('<run>', 'run folder (its newest checkpoint) or a checkpoint in one')
    .option('--steps <count>', 'training steps of each specialist', integerWithin(1, 1e9))
    .addHelpText('after', example);
  runs<Options>(command, async ({ steps }, output, [path = '']): Promise<ExitCode | undefined> => {
    const signals = new Signals((text) => output.note(text));
    const screen = openScreen(output);
    try {
      const measured = await measureCheckpoint({
        path,
        observer: observerFor(output, screen),
        control: signals,
        ...(steps === undefined ? {} : { steps }),
      });
      screen.close();
      if (!measured) return signals.exitCode;
      output.document({ event: 'measured', ...measured });
      tell(output, measured);
      return undefined;
    } finally {
      screen.close();
      signals.dispose();
    }
  });
}
