import { type Command, InvalidArgumentError } from 'commander';
import type { ExitCode } from '../errors.ts';
import { type Column, formatTable } from '../report/table.ts';
import { isMapping, readYaml } from '../train/config-yaml.ts';
import {
  type AcceptanceOptions,
  type MeasuredCheckpoint,
  measureCheckpoint,
} from '../train/measure.ts';
import { Signals } from '../train/signals.ts';
import { integerWithin } from './options.ts';
import type { Output } from './output.ts';
import { runs } from './run.ts';
import { openScreen } from './screen/live.ts';
import { observerFor } from './train.ts';

interface Options {
  steps?: number;
  acceptance?: boolean;
  acceptanceSteps?: number;
  acceptanceNetwork?: Record<string, unknown>;
}

const example = `
Examples:
  evensr tasks measure runs/first
  evensr tasks measure runs/first/checkpoints/step-00020000.safetensors --steps 1000
  evensr tasks measure runs/first --acceptance-steps 1000 --acceptance-network '{numFeat: 8}'

Beside the checkpoint NAME stay NAME.references.json for balance.references of another run,
NAME.transfer.json for its balance.transfer, NAME.transfer.html for you, and the weights in
NAME.specialists and NAME.acceptance. A measurement that was interrupted goes on with the task that
was not finished, and what was measured from the same weights with the same settings, in a run or by
this command, is not trained again.`;

/** `{numFeat: 8}`, as in a configuration. */
function networkKeys(text: string): Record<string, unknown> {
  const { value } = readYaml(text, '--acceptance-network');
  if (isMapping(value)) return value;
  throw new InvalidArgumentError('It must be a mapping, such as {numFeat: 8}.');
}

const decibels = (value: number | null | undefined) => value?.toFixed(2) ?? '-';

function tellTasks(output: Output, { tasks, transfer, seal }: MeasuredCheckpoint): void {
  const names = ['PSNR', 'bicubic', 'specialist', 'gap', ...(seal ? ['acceptance', 'RPR'] : [])];
  const columns: Column[] = [
    { title: 'task' },
    ...names.map((title) => ({ title, align: 'right' as const })),
  ];
  const rows = tasks.map(({ id, psnr, bicubic, reference, acceptance }) => [
    id,
    decibels(psnr),
    decibels(bicubic),
    decibels(transfer[id]?.[id]),
    decibels(psnr === null ? null : reference - psnr),
    ...(seal ? [decibels(acceptance), decibels(seal.tasks[id])] : []),
  ]);
  for (const line of formatTable(columns, rows)) output.line(line);
}

/** Tasks are numbered, since their names would make the table too wide for a terminal. */
function tellTransfer(output: Output, { tasks, transfer }: MeasuredCheckpoint): void {
  const columns: Column[] = [
    { title: 'specialist of' },
    ...tasks.map((_, at) => ({ title: `on ${at + 1}`, align: 'right' as const })),
  ];
  const gain = (row: string, { id, psnr }: { id: string; psnr: number | null }) => {
    const value = transfer[row]?.[id] ?? null;
    if (value === null || psnr === null) return '-';
    return `${value < psnr ? '' : '+'}${(value - psnr).toFixed(2)}`;
  };
  const rows = tasks.map(({ id }, at) => [
    `${at + 1} ${id}`,
    ...tasks.map((column) => gain(id, column)),
  ]);
  output.line('');
  for (const line of formatTable(columns, rows)) output.line(line);
}

function tell(output: Output, measured: MeasuredCheckpoint): void {
  const { steps, seal, acceptance, samples, trained, tasks } = measured;
  tellTasks(output, measured);
  tellTransfer(output, measured);
  output.line('');
  output.line(
    `dB on the probes; specialists of ${steps} steps; transfer: gain over the checkpoint`,
  );
  output.line('gap: to the better of specialist and bicubic, which is the reference');
  if (seal && acceptance) {
    const accepted = Math.round((seal.acceptanceRate ?? 0) * tasks.length);
    output.line(
      `AR ${decibels(seal.acceptanceRate)} (${accepted} of ${tasks.length} tasks), mean RPR ${decibels(seal.relative)}; acceptance networks of ${acceptance.steps} steps`,
    );
  }
  output.line(`samples     ${samples}, ${samples - trained} of them from the cache`);
  output.line(`references  ${measured.file}`);
  output.line(`transfer    ${measured.transferFile}`);
  output.line(`page        ${measured.page}`);
  output.line(`weights     ${measured.specialists}${acceptance ? `, ${acceptance.folder}` : ''}`);
}

/** What was asked for of the small networks; nothing when they were not asked for. */
function acceptanceOf(options: Options): { acceptance?: AcceptanceOptions } {
  const { acceptance, acceptanceSteps: steps, acceptanceNetwork: network } = options;
  if (!acceptance && steps === undefined && network === undefined) return {};
  return { acceptance: { ...(steps ? { steps } : {}), ...(network ? { network } : {}) } };
}

/** Adds `measure` to the command `tasks`. */
export function registerTasksMeasure(tasks: Command): void {
  const count = integerWithin(1, 1e9);
  const command = tasks
    .command('measure')
    .description('measure what a specialist of each task reaches, on all tasks, from a checkpoint')
    .argument('<run>', 'run folder (its newest checkpoint) or a checkpoint in one')
    .option('--steps <count>', 'training steps of each specialist', count)
    .option('--acceptance', 'train a small network a task from scratch, too, for AR and RPR')
    .option('--acceptance-steps <count>', 'the same, with so many steps; else --steps', count)
    .option(
      '--acceptance-network <keys>',
      'the same, with these keys of network; else srvgg of 16 features, 4 convolutions',
      networkKeys,
    )
    .addHelpText('after', example);
  runs<Options>(command, async (options, output, [path = '']): Promise<ExitCode | undefined> => {
    const { steps } = options;
    const signals = new Signals((text) => output.note(text));
    const screen = openScreen(output);
    try {
      const measured = await measureCheckpoint({
        path,
        observer: observerFor(output, screen),
        control: signals,
        ...(steps === undefined ? {} : { steps }),
        ...acceptanceOf(options),
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
