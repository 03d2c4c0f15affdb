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

/** Why an operator that is below half of its floor is there. */
const reasons: Record<string, string> = {
  blur: 'short rows of small kernels, and borders that are mirrored first',
  'resize/area': 'window sums start anywhere in a row: gathers, not streams',
  'resize/bilinear': 'four reads from anywhere for each output, and few operations on them',
  'resize/bicubic': 'sixteen reads from anywhere for each output',
  'resize/cvArea': 'window sums start anywhere in a row: gathers, not streams',
  'resize/cvLinear': 'four reads from anywhere for each output, and few operations on them',
  'resize/cvCubic': 'sixteen reads from anywhere for each output',
  'noise/gaussian': 'Philox is integer multiplication, its transform a long chain: no FMA is idle',
  'noise/speckle': 'Philox is integer multiplication, its transform a long chain: no FMA is idle',
  'noise/poisson': 'Philox, and a table read from anywhere for every value',
  'jpeg/diffjpeg': 'an 8-point DCT is additions and transposes more than multiply-adds',
  'jpeg/libjpeg': 'integers of 32 bits: multiply-adds of floats do not measure it',
  usm: 'two passes of 51 taps over a mask and over the image, each read from the cache',
  quantize: 'rounding, clamping and a division: the divider limits, not memory',
};

export function reasonBelowFloor(operator: string): string {
  return reasons[operator] ?? 'not examined yet';
}
