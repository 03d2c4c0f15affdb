/** Scores that need a file of someone else's: a network's weights, a quality model. */
import type { RgbImage } from '../infer/pixels.ts';
import type { ImageScores } from '../native.ts';
import type { FeatureDistance } from './feature-distance.ts';

export interface Measures {
  distance?: FeatureDistance | undefined;
}

/** What one image scores; what was not measured is absent. */
export interface Scores extends ImageScores {
  /** Feature distance to gt, lower is closer; see feature-distance.ts. */
  distance?: number;
}

/** What `measures` measure, for the protocol. */
export function describeMeasures({ distance }: Measures): { distance?: string } {
  return distance ? { distance: distance.description } : {};
}

/** The further scores of images of one size, each against its gt, in one call of the network. */
export async function measureImages(
  images: readonly { image: RgbImage; gt: RgbImage }[],
  { distance }: Measures,
  border: number,
): Promise<Omit<Scores, keyof ImageScores>[]> {
  if (!distance) return images.map(() => ({}));
  const [made, truth] = [images.map(({ image }) => image), images.map(({ gt }) => gt)];
  const distances = await distance.between(made, truth, border);
  return Array.from(distances, (value) => ({ distance: value }));
}
