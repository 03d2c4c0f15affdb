/** What is known of one task. Shares are of the batch, in [0, 1]; PSNR in dB; null means not measured yet. */
export interface TaskState {
  id: string;
  quota: number;
  /** Its quota for equal weights: what the quota moves around. */
  anchor: number;
  /** How close the task is to its reference, in (0, 1). */
  kpi: number | null;
  psnr: number | null;
  /** PSNR of the measurement before the last. */
  previousPsnr: number | null;
  /** PSNR that a specialist reaches. */
  reference: number | null;
}

/** All that the training screen shows. Plain data; with `--json` it is printed as it is. */
export interface ScreenState {
  name: string;
  step: number;
  steps: number;
  loss: number | null;
  learningRate: number;
  imagesPerSecond: number | null;
  secondsLeft: number | null;
  /** Milliseconds of a step, and the parts of it that were waited for, as shares of it. */
  milliseconds: number | null;
  split: { data: number; degrade: number; network: number } | null;
  tasks: readonly TaskState[];
  /** Step of the newest checkpoint. */
  savedStep: number | null;
  /** Steps that were skipped because something was not finite. */
  skipped: number;
  /** What is done instead of training steps at the moment. */
  activity?: string | undefined;
}
