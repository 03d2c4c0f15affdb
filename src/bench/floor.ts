/** What the hardware allows, measured in this process, and how near an operator comes to it. */
import { native, type OperatorProfile } from '../native.ts';

export interface Hardware {
  /** fp32 multiply-adds of one thread in GFLOP/s (a multiply-add counts as two). */
  peak: number;
  /** Bytes that one thread reads and writes in a copy, GB/s. */
  copy: number;
}

const copyMs = 60;

/** GB/s, read and written, of copying an image of `floats` numbers back and forth. */
export function measureCopy(floats: number): number {
  const [a, b] = [new Float32Array(floats).fill(0.5), new Float32Array(floats)];
  let best = 0;
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    let bytes = 0;
    while (performance.now() - start < copyMs / 5) {
      for (let i = 0; i < 8; i++) {
        b.set(a);
        a.set(b);
      }
      bytes += 8 * 4 * a.byteLength;
    }
    best = Math.max(best, bytes / (performance.now() - start) / 1e6);
  }
  return best;
}

/** `side`: of the images that will be worked on. */
export async function measureHardware(side: number): Promise<Hardware> {
  return { peak: await native.measurePeak(1), copy: measureCopy(3 * side * side) };
}

type Work = Pick<OperatorProfile, 'flop' | 'bytes'>;

export interface Floor {
  nanoseconds: number;
  /** What limits: multiply-adds or bytes. */
  by: 'fma' | 'copy';
}

/** The least time of one thread for this arithmetic and these bytes. */
export function floorOf({ flop, bytes }: Work, { peak, copy }: Hardware): Floor {
  const [fma, memory] = [flop / peak, bytes / copy];
  return fma >= memory ? { nanoseconds: fma, by: 'fma' } : { nanoseconds: memory, by: 'copy' };
}

/** Thread time of a whole pipeline at its floors. */
export function floorOfAll(profile: readonly Work[], hardware: Hardware): number {
  return profile.reduce((sum, work) => sum + floorOf(work, hardware).nanoseconds, 0);
}

const gathers = 'bytes are not its limit: reads from anywhere in a row, few operations on each';

/** Why an operator that is below half of its floor is there. */
const reasons: Record<string, string> = {
  'blur/dense': 'small kernels on short rows: loads and borders between the multiply-adds',
  'blur/separable': 'two short passes: as many loads and stores as multiply-adds',
  'resize/area': gathers,
  'resize/bilinear': gathers,
  'resize/bicubic': gathers,
  'resize/cv-area': gathers,
  'resize/cv-linear': gathers,
  'resize/cv-cubic': gathers,
  'resize/matlab': gathers,
  'resize/decimate': gathers,
  'noise/gaussian': 'bytes are not its limit: Philox and a normal transform for each value',
  'noise/speckle': 'bytes are not its limit: Philox and a normal transform for each value',
  'noise/poisson': 'bytes are not its limit: Philox and a table read for each value',
  'noise/isp': 'bytes are not its limit: tone curves and normal numbers for each value',
  'jpeg/diffjpeg': 'additions, transposes and roundings, which multiply-adds do not measure',
  'jpeg/libjpeg': 'arithmetic of 32-bit integers, which multiply-adds do not measure',
  usm: 'four passes of 51 taps, each reading its rows from the cache again',
  quantize: 'microseconds in all: starting it counts',
  clamp: 'microseconds in all: starting it counts',
};

export function reasonBelowFloor(operator: string): string {
  return reasons[operator] ?? 'not examined';
}
