/** Contenders in turn: A B A B, so that whatever else the machine does meets all of them. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Contender {
  /** Does the work once; milliseconds for one image. */
  once(): Promise<number>;
}

export interface Patience {
  /** A contender has done enough with this many samples … */
  samples: number;
  /** … or after this many seconds of its own, but never below `least` samples. */
  seconds: number;
  least: number;
  /** Times that it works before each sample: what comes in long rows is timed as one of a row. */
  warmUps?: number;
}

export const fullPatience = (seconds: number): Patience => ({ samples: 20, seconds, least: 3 });
export const quickPatience: Patience = { samples: 3, seconds: 0.5, least: 1 };

/** Threads of a contender's OpenMP team spin for some milliseconds after their work. */
const settleMs = 20;

/** The samples of each contender, as many of one as of the other. */
export async function contest(
  contenders: readonly Contender[],
  patience: Patience,
): Promise<number[][]> {
  const samples = contenders.map((): number[] => []);
  const spent = contenders.map(() => 0);
  for (const contender of contenders) await contender.once();
  const isDone = (at: number) => {
    const count = samples[at]?.length ?? 0;
    if (count < patience.least) return false;
    return count >= patience.samples || (spent[at] as number) >= patience.seconds * 1000;
  };
  while (!contenders.every((_, at) => isDone(at))) {
    for (const [at, contender] of contenders.entries()) {
      if (contenders.length > 1) await sleep(settleMs);
      for (let i = 0; i < (patience.warmUps ?? 0); i++) await contender.once();
      const start = performance.now();
      samples[at]?.push(await contender.once());
      spent[at] = (spent[at] as number) + performance.now() - start;
    }
  }
  return samples;
}
