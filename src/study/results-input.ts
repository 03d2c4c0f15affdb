/** One test image, scored. The same photo, set and repetition is the same degraded image in every run. */
export interface StudyScore {
  /** Id of the task. */
  readonly set: string;
  /** Index into the study's photos. */
  readonly photo: number;
  readonly repetition: number;
  readonly psnrY: number;
  readonly ssimY: number;
  /** Distance of deep features to the ground truth's; lower is closer. */
  readonly distance?: number;
  readonly brisque?: number;
}

/** One finished training run of a study with the scores of its network. */
export interface StudyRun {
  readonly arm: string;
  /** Updates trained. */
  readonly budget: number;
  readonly seed: number;
  readonly scores: readonly StudyScore[];
  /** Shares asked for, at every update of them, by task; from metrics.jsonl. */
  readonly shares: readonly {
    readonly step: number;
    readonly shares: Readonly<Record<string, number>>;
  }[];
  /** Samples of each task that were trained on. */
  readonly realised: Readonly<Record<string, number>>;
  readonly cost: {
    readonly samples: number;
    readonly specialistSamples: number;
    readonly probeImages: number;
    readonly seconds: number;
  };
  readonly parameters: number;
  readonly macsPerPixel: number;
}

/** All that the results of a study are computed from: plain data, whether or not every run is finished. */
export interface StudyInput {
  readonly name: string;
  /** Name of the arm that the others are compared with. */
  readonly baseline: string;
  /** Version of evensr that made it. */
  readonly evensr: string;
  readonly tasks: readonly {
    readonly id: string;
    readonly mass: number;
    readonly description: string;
  }[];
  readonly photos: readonly { readonly name: string }[];
  /** `about` names the rule and what differs from the base, in one line. */
  readonly arms: readonly { readonly name: string; readonly about: string }[];
  readonly seeds: readonly number[];
  readonly budgets: readonly number[];
  /** Finished runs only, in any order. */
  readonly runs: readonly StudyRun[];
  readonly bicubic: readonly StudyScore[];
  /** Scores of the checkpoint that the arms start from; null when they start from scratch. */
  readonly start: readonly StudyScore[] | null;
  /** Every task's specialist and acceptance network, scored on all tasks; null when not measured. */
  readonly specialists:
    | readonly {
        readonly task: string;
        readonly kind: 'excellence' | 'acceptance';
        readonly scores: readonly StudyScore[];
      }[]
    | null;
  readonly crops: readonly {
    readonly task: string;
    readonly photo: number;
    readonly pictures: readonly { readonly label: string; readonly png: Uint8Array }[];
  }[];
  /** Commands that reproduce the study. */
  readonly commands: readonly string[];
}
