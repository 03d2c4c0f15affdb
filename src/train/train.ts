/** A whole training run: folder, photographs, loop, clean end. */
import { buildNetwork } from '../network/build.ts';
import { parameterCount } from '../network/spec.ts';
import { writeReport } from '../report/page/write.ts';
import type { TrainConfig } from './config.ts';
import { train } from './loop.ts';
import { readNetworkFiles } from './network-files.ts';
import type { TrainObserver } from './observer.ts';
import type { TaskPsnr } from './probe.ts';
import { RunFolder, type StartMode } from './run-folder.ts';
import { openRun } from './setup.ts';
import type { Control } from './signals.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

export interface TrainOptions {
  /** The run folder. */
  output: string;
  mode: StartMode;
  /** Keys of the configuration whose change is allowed when resuming. */
  allowChange?: readonly string[];
  observer: TrainObserver;
  /** Called when set-up is over and before the first step; until then there is nothing to save. */
  control(): Control;
}

export interface TrainSummary {
  output: string;
  step: number;
  steps: number;
  /** Step that the run was resumed from. */
  resumedStep: number | null;
  skipped: number;
  /** The newest checkpoint and the best one by mean PSNR on the probes. */
  checkpoint: string;
  best: { step: number; psnr: number; checkpoint: string } | null;
  /** PSNR of the last measurement of this process. */
  psnr: TaskPsnr | null;
  /** The page about the run; null when it is stopped before its end, or not to have one. */
  report: string | null;
}

/** What a run begins with, in one line. */
function beginning(
  { network, photos, tasks }: Workshop,
  { path, resumed, checkpoints }: RunFolder,
) {
  if (resumed) {
    const { step } = resumed.state;
    return `going on from step ${step}: ${checkpoints.file(step)}`;
  }
  const images = `${photos.training.images.length} photographs, ${photos.validation.images.length} for the probes`;
  const parameters = parameterCount(buildNetwork(network)).toLocaleString('en');
  return `training ${parameters} parameters on ${images}, ${tasks.length} tasks, in ${path}`;
}

function photoCounts({ photos }: Workshop) {
  return { training: photos.training.images.length, validation: photos.validation.images.length };
}

/** RUN/report.html. It is made from what is saved already, and never fails a training. */
async function writeReportOf(workshop: Workshop, folder: RunFolder): Promise<string | null> {
  const { observer, photos, ...bench } = workshop;
  const open = { ...bench, validation: photos.validation };
  const output = folder.file('report.html');
  try {
    const { missing } = await writeReport({ runs: [folder.path], output, observer, open });
    for (const text of missing) observer.warn('W_REPORT', `${text} - not shown in ${output}`);
    return output;
  } catch (error) {
    observer.warn('W_REPORT', `${output} is not written: ${(error as Error).message}`);
    return null;
  }
}

/**
 * Trains until the last step or until the control stops it.
 * @throws EvensrError with the exit code that the failure has; the last checkpoint is then valid
 */
export async function runTraining(
  config: TrainConfig,
  options: TrainOptions,
): Promise<TrainSummary> {
  const { output, mode, observer, allowChange = [] } = options;
  const warn = observer.warn.bind(observer);
  const folder = await RunFolder.open(output, config, { mode, allowChange, warn });
  const ends: (() => void)[] = [() => folder.close()];
  try {
    const files = await readNetworkFiles(config, { resumed: folder.resumed !== undefined, warn });
    const workshop = await openWorkshop(config, observer);
    ends.unshift(() => workshop.dispose());
    const run = await openRun(workshop, folder, allowChange, files);
    const { parts } = run;
    ends.unshift(() => {
      parts.log.close();
      parts.trainer.dispose();
      parts.discriminator?.dispose();
    });
    const resumedStep = folder.resumed?.state.step ?? null;
    folder.report(resumedStep === null ? 'started' : 'resumed', {
      step: run.step,
      photos: photoCounts(workshop),
    });
    observer.note(beginning(workshop, folder));
    const control = options.control();
    await train(run, control);
    folder.report(control.stopping ? 'stopped' : 'finished', { step: run.step });
    const isDone = run.step === run.steps && config.log.report;
    const report = isDone ? await writeReportOf(workshop, folder) : null;
    const { checkpoints } = folder;
    return {
      output,
      step: run.step,
      steps: run.steps,
      resumedStep,
      skipped: run.guard.skipped,
      checkpoint: checkpoints.file(run.step),
      best: run.best && { ...run.best, checkpoint: checkpoints.file(run.best.step) },
      psnr: run.measured?.psnr ?? null,
      report,
    };
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    folder.report('failed', { code, reason: message });
    throw error;
  } finally {
    for (const end of ends) end();
  }
}
