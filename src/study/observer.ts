/** What a study tells whoever watches it. */

/** How far a study is. Plain data. */
export interface StudyProgress {
  /** Trainings and measurements, done and in all. */
  done: number;
  total: number;
  failed: number;
  /** What is under way, such as `natural/2500-steps/seed-1`, and how far it is. */
  active: readonly { id: string; work: string; done: number; total: number }[];
}

export interface StudyObserver {
  warn(code: string, text: string): void;
  note(text: string): void;
  /** While photographs are decoded; nothing at the end. */
  packing(progress?: { done: number; total: number; bytes?: number }): void;
  /** Often; must be cheap. */
  progress(progress: StudyProgress): void;
  /** A training has begun, or something is done: a start, its measurement, a run with its scores. */
  event(event: { event: 'begun' | 'start' | 'measured' | 'run'; id: string }): void;
}
