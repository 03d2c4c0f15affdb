import type { Progress } from '../../train/observer.ts';

export type { TaskProgress as TaskState } from '../../train/observer.ts';

/** All that the training screen shows. Plain data; with `--json` it is printed as it is. */
export interface ScreenState extends Progress {
  /** What is done instead of training steps at the moment. */
  activity?: string | undefined;
}
