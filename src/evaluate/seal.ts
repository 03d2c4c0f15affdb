/**
 * How a network stands between two lines of each task: a small network trained on the task alone, which
 * any good network should reach (acceptance), and the network's own specialist (excellence). SEAL (Zhang
 * et al., "SEAL: A Framework for Systematic Evaluation of Real-World Super-Resolution", ICLR 2024) takes
 * cluster centres of degradations for what tasks are here:
 *   AR  = share of tasks with Q_t >= Q_acc,t
 *   RPR = sigmoid((Q_t - Q_acc,t) / (Q_exc,t - Q_acc,t)); 0.5 is the acceptance line, 0.73 the specialist's
 */

/** PSNR in dB on one task; null where it is not known. */
export interface TaskLines {
  readonly id: string;
  readonly psnr: number | null;
  readonly acceptance: number | null;
  readonly excellence: number | null;
}

export interface SealScores {
  /** AR in [0, 1]; null when no task has a PSNR and an acceptance line. */
  readonly acceptanceRate: number | null;
  /** Mean RPR over the tasks that have one; null without any. */
  readonly relative: number | null;
  /** RPR in (0, 1) by task; null where its lines lie too close together, or one is not known. */
  readonly tasks: Readonly<Record<string, number | null>>;
}

/** As in SEAL's own script: between lines that lie closer together the quotient says nothing. */
const leastSpan = 0.1;

const meanOf = (values: readonly number[]) =>
  values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;

/** RPR by how far PSNR is above the acceptance line and how far its lines are apart, in dB. */
export function relativePosition(above: number, span: number): number | null {
  return span < leastSpan ? null : 1 / (1 + Math.exp(-above / span));
}

function relativeOf({ psnr, acceptance, excellence }: TaskLines): number | null {
  if (psnr === null || acceptance === null || excellence === null) return null;
  return relativePosition(psnr - acceptance, excellence - acceptance);
}

/** AR and RPR, each task once. */
export function sealScores(tasks: readonly TaskLines[]): SealScores {
  const accepted = tasks.flatMap(({ psnr, acceptance }) =>
    psnr === null || acceptance === null ? [] : [Number(psnr >= acceptance)],
  );
  const relative = tasks.map((task) => [task.id, relativeOf(task)] as const);
  return {
    acceptanceRate: meanOf(accepted),
    relative: meanOf(relative.flatMap(([, value]) => (value === null ? [] : [value]))),
    tasks: Object.fromEntries(relative),
  };
}
