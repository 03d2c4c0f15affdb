import { join } from 'node:path';
import type { Command } from 'commander';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';
import { loadConfig, printConfig, type TrainConfig } from '../train/config.ts';
import type { TrainObserver } from '../train/observer.ts';
import { configFile, type StartMode } from '../train/run-folder.ts';
import { Signals } from '../train/signals.ts';
import { runTraining, type TrainOptions, type TrainSummary } from '../train/train.ts';
import type { Output } from './output.ts';
import { progressBar } from './progress.ts';
import { runs } from './run.ts';
import { openScreen, type TrainScreen } from './screen/live.ts';
import { showPlan } from './train-plan.ts';

interface Options {
  output?: string;
  set: string[];
  printConfig?: boolean;
  dryRun?: boolean;
  resume?: boolean;
  autoResume?: boolean;
  device?: string;
  images?: string;
  onSaveFail?: string;
  allowChange: string[];
}

const example = `
Examples:
  evensr train configs/srvgg_x4_small.yaml -o runs/first
  evensr train configs/srvgg_x4_small.yaml --set training.steps=2000 --dry-run
  evensr train -o runs/first --resume

SIGINT and SIGTERM finish the step and save; SIGUSR1 saves and goes on.`;

const several = (value: string, all: string[]): string[] => [...all, value];

/** The options that stand for keys of the configuration. */
function overrides({ set, images, device, onSaveFail }: Options): string[] {
  return [
    ...set,
    ...(images === undefined ? [] : [`images.train=${JSON.stringify(images)}`]),
    ...(device === undefined ? [] : [`training.device=${device}`]),
    ...(onSaveFail === undefined ? [] : [`checkpoint.onSaveFail=${onSaveFail}`]),
  ];
}

function readConfig(file: string | undefined, options: Options): TrainConfig {
  const set = overrides(options);
  if (file !== undefined) return loadConfig(file, { set });
  if (options.output !== undefined && (options.resume || options.autoResume)) {
    return loadConfig(configFile(options.output), { set });
  }
  throw new EvensrError('E_USAGE', exitCodes.usage, 'a configuration is needed', {
    hint: 'evensr train CONFIG.yaml, or evensr train -o RUN --resume',
  });
}

function startMode({ resume, autoResume }: Options): StartMode {
  if (autoResume) return 'auto';
  return resume ? 'resume' : 'new';
}

function folderOf(config: TrainConfig, { output }: Options): string {
  return output ?? join('runs', config.name);
}

/** Shows a run on the screen; everything that happens passes through `output`. */
export function observerFor(output: Output, screen: TrainScreen): TrainObserver {
  const bar = progressBar(output, 'photographs');
  return {
    warn: (code, text) => output.warn(code, text),
    note: (text) => output.note(text),
    packing: bar,
    step: (progress) => screen.update(progress),
    logged: (progress) => screen.log(progress),
    measured: (progress) => screen.measured(progress),
    saved: (step, file) => screen.saved(step, file),
    specialist: (progress) => {
      const { taskId, done, total, kind } = progress;
      const what = `${kind ? `${kind} network` : 'specialist'} of ${taskId}`;
      screen.activity(`${what}: step ${done} of ${total}`);
      if (progress.psnr === undefined) return;
      output.document({ event: 'specialist', ...progress });
      output.note(`${what}: ${progress.psnr.toFixed(2)} dB`);
    },
  };
}

function tellSummary(output: Output, summary: TrainSummary): void {
  const { step, steps, skipped, best, checkpoint, report } = summary;
  output.document({ event: step < steps ? 'stopped' : 'finished', ...summary });
  const done = step < steps ? `stopped at step ${step} of ${steps}` : `done, ${step} steps`;
  output.line(`${done} | skipped ${skipped}`);
  output.line(`checkpoint  ${checkpoint}`);
  if (best) output.line(`best        ${best.checkpoint} (mean PSNR ${best.psnr.toFixed(2)} dB)`);
  if (report) output.line(`report      ${report}`);
}

/** Trains with the screen that fits the terminal; the exit code when a signal stopped it. */
export async function trainOnScreen(
  config: TrainConfig,
  options: Pick<TrainOptions, 'output' | 'mode' | 'allowChange'>,
  output: Output,
): Promise<ExitCode | undefined> {
  const screen = openScreen(output);
  output.stdoutIsLog();
  let signals: Signals | undefined;
  try {
    const summary = await runTraining(config, {
      ...options,
      observer: observerFor(output, screen),
      control: () => {
        signals = new Signals((text) => output.note(text));
        return signals;
      },
    });
    screen.close();
    tellSummary(output, summary);
    return signals?.exitCode;
  } finally {
    screen.close();
    signals?.dispose();
  }
}

export function registerTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train a network, balanced over the tasks')
    .argument('[config]', 'YAML file; the one in the run folder when resuming')
    .option('-o, --output <folder>', 'run folder (default: runs/NAME)')
    .option('--images <folder>', 'photographs to train on: images.train')
    .option('--set <key=value>', 'override a key of the configuration; repeatable', several, [])
    .option('--print-config', 'print the complete configuration and stop')
    .option('--dry-run', 'say what the run will need of memory, disk and time, and stop')
    .option('--resume', 'go on with the run in the folder')
    .option('--auto-resume', 'go on with the run in the folder, or start it')
    .option('--device <name>', 'cpu, cuda or auto')
    .option('--on-save-fail <what>', 'after two failed saves: stop or continue')
    .option('--allow-change <key>', 'key that may differ when resuming; repeatable', several, [])
    .addHelpText('after', example);
  runs<Options>(command, async (options, output, [file]): Promise<ExitCode | undefined> => {
    const config = readConfig(file, options);
    if (options.printConfig) {
      output.document(config);
      output.line(printConfig(config).trimEnd());
      return undefined;
    }
    if (options.dryRun) {
      const screen = openScreen(output);
      try {
        await showPlan(config, folderOf(config, options), observerFor(output, screen), output);
      } finally {
        screen.close();
      }
      return undefined;
    }
    const where = {
      output: folderOf(config, options),
      mode: startMode(options),
      allowChange: options.allowChange,
    };
    return await trainOnScreen(config, where, output);
  });
}
