/** One line for each operator of a pipeline, from profiles of the addon. */
import type { OperatorProfile } from '../native.ts';
import { type Floor, floorOf, type Hardware } from './floor.ts';
import type { RecordedCase } from './record.ts';
import { type Summary, summaryOf } from './statistics.ts';

export interface OperatorLine {
  operator: string;
  /** Microseconds of one thread for an image, over all images of the pipeline. */
  time: Summary;
  /** Of the pipeline without USM; USM: of the pipeline with it. */
  share: number;
  gflops: number;
  floor: Floor['by'];
  floorShare: number;
}

/** `profiles`: of the same batch of `images`, time and again. Slowest operator first, USM last. */
export function operatorLines(
  profiles: readonly (readonly OperatorProfile[])[],
  images: number,
  hardware: Hardware,
): OperatorLine[] {
  const [first = []] = profiles;
  const lines = first.map(({ operator, flop, bytes }) => {
    const own = profiles.map((profile) => profile.find((one) => one.operator === operator));
    const time = summaryOf(own.map((one) => (one?.nanoseconds ?? 0) / images / 1000));
    const floor = floorOf({ flop, bytes }, hardware);
    const nanoseconds = time.median * 1000 * images;
    return {
      ...{ operator, time, share: 0, floor: floor.by },
      gflops: flop / nanoseconds,
      floorShare: floor.nanoseconds / nanoseconds,
    };
  });
  const sum = (all: typeof lines) => all.reduce((total, { time }) => total + time.median, 0);
  const whole = sum(lines);
  const withoutUsm = sum(lines.filter(({ operator }) => operator !== 'usm'));
  return lines
    .map((line) => ({
      ...line,
      share: line.time.median / (line.operator === 'usm' ? whole : withoutUsm),
    }))
    .sort((a, b) => rank(a) - rank(b));
}

function rank({ operator, time }: OperatorLine): number {
  return operator === 'usm' ? Number.POSITIVE_INFINITY : -time.median;
}

export function recordedOperator({ operator, time, floorShare }: OperatorLine): RecordedCase {
  return { name: `op/${operator}`, unit: 'us/image', ...time, floorShare, peers: [] };
}
