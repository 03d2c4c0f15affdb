/** What starts and runs come from, by contents. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { EvensrError } from '../errors.ts';
import { readWeights } from '../infer/weights.ts';
import { native } from '../native.ts';
import type { Warn } from '../train/checkpoint-folder.ts';
import {
  hashOfFile,
  hashOfParts,
  type Parts,
  partsOf,
  type RunState,
  stateOf,
} from './identity.ts';
import { givenKeys, type PlannedRun, type StudyStart } from './plan.ts';
import type { StudyConfig } from './study-schema.ts';
import { filesOf } from './train-child.ts';

/** The photographs being what they are. Files that are looked at must be there. */
export class Contents {
  readonly #photos: Parts;
  readonly #warn: Warn;
  readonly #weights = new Map<string, Promise<string>>();

  constructor(photos: Parts, warn: Warn) {
    this.#photos = photos;
    this.#warn = warn;
  }

  /** SHA-256 of the weights that a run begins with at `path`; read once. */
  #weightsAt(path: string): Promise<string> {
    const known = this.#weights.get(path);
    if (known) return known;
    const hash = readWeights(path, 'ema', this.#warn).then(({ values }) =>
      createHash('sha256').update(values).digest('hex'),
    );
    this.#weights.set(path, hash);
    return hash;
  }

  ofStart({ config }: StudyStart): Parts {
    return partsOf(config, this.#photos, {});
  }

  async ofMeasurement(
    start: StudyStart,
    measure: NonNullable<StudyConfig['measure']>,
  ): Promise<Parts> {
    const { version } = native.info();
    const checkpoint = await this.#weightsAt(start.weights);
    return { evensr: version, photos: this.#photos, checkpoint, measure };
  }

  async ofRun({ config, arm, natural }: PlannedRun): Promise<Parts> {
    const { balance } = config as { balance: Readonly<Record<string, unknown>> };
    const files = givenKeys.flatMap((key): [string, string][] => {
      const file = balance[key];
      return typeof file === 'string' ? [[key, hashOfFile(file)]] : [];
    });
    return partsOf(config, this.#photos, {
      start: arm.start && (await this.#weightsAt(arm.start.weights)),
      natural: natural && hashOfParts(await this.ofRun(natural)),
      ...Object.fromEntries(files),
    });
  }

  /** How the run of a start stands. */
  stateOfStart(folder: string, start: StudyStart): RunState {
    const { steps } = start.config.training;
    return stateOf({ folder, file: filesOf(folder).parts, steps }, this.ofStart(start));
  }

  /** How a run stands; new while its start, or what is measured of it, is not there. */
  async stateOfRun(run: PlannedRun): Promise<RunState> {
    const { folder, budget: steps } = run;
    try {
      return stateOf({ folder, file: filesOf(folder).parts, steps }, await this.ofRun(run));
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (error instanceof EvensrError || code === 'ENOENT') return { kind: 'new' };
      throw error;
    }
  }

  /** Whether specialists of a start have been measured as the study asks for. */
  async isMeasured(start: StudyStart, measure: StudyConfig['measure']): Promise<boolean> {
    const { folder, measured } = start;
    if (!folder || !measured || !measure || !existsSync(measured.references)) return false;
    if (measure.groups && !existsSync(measured.groups)) return false;
    return readText(measuredFile(folder)) === (await this.measuredText(start, measure));
  }

  /** What is kept beside the run folder of a start that was measured. */
  async measuredText(
    start: StudyStart,
    measure: NonNullable<StudyConfig['measure']>,
  ): Promise<string> {
    const { references } = start.measured as NonNullable<StudyStart['measured']>;
    const parts = await this.ofMeasurement(start, measure);
    return `${JSON.stringify({ ...parts, references: hashOfFile(references) })}\n`;
  }
}

export function measuredFile(folder: string): string {
  return `${folder}.measured.json`;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
