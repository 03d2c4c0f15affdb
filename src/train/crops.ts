/** Which part of which photograph each sample shows: a pure function of the seed and its number. */
import { Random, streams } from '../rng.ts';

/** What is drawn from: some images of a pack. */
export interface CropSource {
  /** Positions in the pack. */
  images: readonly number[];
  /** Sizes of all images of the pack, in its order. */
  sizes: readonly { height: number; width: number }[];
}

export interface CropOptions {
  seed: number;
  /** Side of the gt crop. */
  size: number;
  /** Random horizontal flips; random vertical flips and transposes. */
  flip: boolean;
  rotate: boolean;
}

const numbersPerCrop = 6;

/**
 * Draws crops as the field does: every epoch shows each photograph once, in an order of its own
 * (uniform over photographs, whatever their size), at a uniform offset, flipped and transposed with
 * probability 1/2 each. Sample n is number n mod N of epoch floor(n / N), N photographs.
 */
export class CropDrawer {
  readonly #source: CropSource;
  readonly #options: CropOptions;
  readonly #orders = new Map<number, number[]>();

  constructor(source: CropSource, options: CropOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** Crops of the samples with these numbers, as NativeAddon.synthesize takes them. */
  draw(samples: readonly number[]): Int32Array {
    const crops = new Int32Array(samples.length * numbersPerCrop);
    for (const [i, sample] of samples.entries()) crops.set(this.#one(sample), i * numbersPerCrop);
    return crops;
  }

  #one(sample: number): number[] {
    const { seed, size, flip, rotate } = this.#options;
    const image = this.#image(sample);
    const { height, width } = this.#source.sizes[image] as { height: number; width: number };
    const random = new Random(seed, streams.crop, sample);
    const top = random.integer(height - size + 1);
    const left = random.integer(width - size + 1);
    // Drawn whether used or not, so that switching one off leaves the others as they are.
    const [flipX, flipY, transpose] = [random.chance(0.5), random.chance(0.5), random.chance(0.5)];
    return [
      image,
      top,
      left,
      flip && flipX ? 1 : 0,
      rotate && flipY ? 1 : 0,
      rotate && transpose ? 1 : 0,
    ];
  }

  #image(sample: number): number {
    const { images } = this.#source;
    const order = this.#orderOf(Math.floor(sample / images.length));
    return order[sample % images.length] as number;
  }

  /** Keeps those of two epochs: around the end of one, samples of both may come by turns (pool.ts). */
  #orderOf(epoch: number): readonly number[] {
    const known = this.#orders.get(epoch);
    if (known) return known;
    const random = new Random(this.#options.seed, streams.crop, epochIndex + epoch);
    const order = random.shuffle([...this.#source.images]);
    const [oldest] = this.#orders.keys();
    if (oldest !== undefined && this.#orders.size > 1) this.#orders.delete(oldest);
    this.#orders.set(epoch, order);
    return order;
  }
}

/** Epochs are counted from here in the crops' stream: far above any sample's number. */
const epochIndex = 2 ** 52;
