/** Scores that need a file of someone else's: a network's weights, a quality model. */
import type { RgbImage } from '../infer/pixels.ts';
import type { ImageScores } from '../native.ts';
import type { Brisque } from './brisque.ts';
import type { FeatureDistance } from './feature-distance.ts';

export interface Measures {
  distance?: FeatureDistance | undefined;
  brisque?: Brisque | undefined;
}

/** What one image scores; what was not measured is absent. */
export interface Scores extends ImageScores {
  /** Feature distance to gt, lower is closer; see feature-distance.ts. */
  distance?: number;
  /** 0 to 100, lower is better; NaN where it is not defined. See brisque.ts. */
  brisque?: number;
}

/** What `measures` measure, for the protocol. */
export function describeMeasures({ distance, brisque }: Measures): {
  distance?: string;
  brisque?: string;
} {
  return {
    ...(distance ? { distance: distance.description } : {}),
    ...(brisque ? { brisque: brisque.description } : {}),
  };
}

/** The further scores of images of one size, each against its gt, in one call of the network. */
export async function measureImages(
  images: readonly { image: RgbImage; gt: RgbImage }[],
  { distance, brisque }: Measures,
  border: number,
): Promise<Omit<Scores, keyof ImageScores>[]> {
  const [made, truth] = [images.map(({ image }) => image), images.map(({ gt }) => gt)];
  const distances = await distance?.between(made, truth, border);
  const blind = brisque && (await Promise.all(made.map((image) => brisque.score(image, border))));
  return images.map((_, i) => ({
    ...(distances ? { distance: distances[i] as number } : {}),
    ...(blind ? { brisque: blind[i] as number } : {}),
  }));
}
