/** Our own side of a case: prepared, checked, timed. */
import { packRecipes } from '../degradation/pack.ts';
import type { Recipe } from '../degradation/recipe.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import type { OperatorProfile } from '../native.ts';
import type { GtFile } from './gt.ts';

export interface OwnOptions {
  usm: boolean;
  threads: number;
  /** Few recipes are gone through again until a call has this many images. */
  leastBatch: number;
}

function sameBits(a: Float32Array, b: Float32Array): boolean {
  const bytes = (values: Float32Array) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return bytes(a).equals(bytes(b));
}

/** Degrades the recipes' images in one call. */
export class OwnRun {
  readonly images: number;
  private readonly gt: GtFile;
  private readonly options: Omit<OwnOptions, 'leastBatch'>;
  private readonly packed: Float64Array;
  private readonly recipeLength: number;

  constructor(gt: GtFile, recipes: readonly Recipe[], { leastBatch, ...options }: OwnOptions) {
    this.gt = gt;
    this.options = options;
    const times = Math.ceil(leastBatch / recipes.length);
    const once = packRecipes(recipes);
    this.recipeLength = once.length / recipes.length;
    this.images = times * recipes.length;
    this.packed = new Float64Array(times * once.length);
    for (let i = 0; i < times; i++) this.packed.set(once, i * once.length);
  }

  private async lq(first: number, count: number, threads: number): Promise<Float32Array> {
    const [from, to] = [first, first + count].map((at) => at * this.recipeLength);
    const batch = await this.gt.degrade(
      this.packed.subarray(from, to),
      { first, count },
      { ...this.options, threads },
    );
    const lq = batch.lq();
    batch.dispose();
    return lq;
  }

  /** Throws E_RESULT unless images of the batch equal themselves alone and on one thread, bit for bit. */
  async check(): Promise<void> {
    const whole = await this.lq(0, this.images, this.options.threads);
    const length = whole.length / this.images;
    for (const i of [0, 1, this.images - 1]) {
      if (sameBits(await this.lq(i, 1, 1), whole.subarray(i * length, (i + 1) * length))) continue;
      throw new EvensrError(
        'E_RESULT',
        exitCodes.bug,
        `image ${i} of a batch differs from the same image alone: it is not timed`,
      );
    }
  }

  /** Milliseconds for one image. */
  async once(): Promise<number> {
    const start = performance.now();
    const range = { first: 0, count: this.images };
    (await this.gt.degrade(this.packed, range, this.options)).dispose();
    return (performance.now() - start) / this.images;
  }

  /** What every operator took, summed over the images of one call. */
  async profile(): Promise<readonly OperatorProfile[]> {
    const range = { first: 0, count: this.images };
    const batch = await this.gt.degrade(this.packed, range, { ...this.options, profile: true });
    const { profile } = batch;
    batch.dispose();
    return profile;
  }
}
