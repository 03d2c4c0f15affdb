/** Studies made up: scores of a known shape, so that what must come out is known too. */
import sharp from 'sharp';
import { Random } from '../src/rng.ts';
import type { StudyInput, StudyRun, StudyScore } from '../src/study/results-input.ts';

export interface StudyIdea {
  arms?: string[];
  tasks?: string[];
  photos?: number;
  seeds?: number[];
  budgets?: number[];
  repetitions?: number;
  /** What an arm adds to the PSNR of a task, dB. */
  gain?: (arm: string, task: number) => number;
  /** Standard deviations of the differences over photographs, over seeds, and over both. */
  noise?: { photo: number; seed: number; both: number };
}

/** A standard normal number for this place (Box-Muller). */
export function normal(...place: [number, number?, number?]): number {
  const [a, b = 0, c = 0] = place;
  const random = new Random(a, 1000, b * 100_000 + c);
  return Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
}

const none = { photo: 0, seed: 0, both: 0 };

/** Every arm with every seed and budget. The first arm is the baseline and has no noise of its own. */
export function someStudy(idea: StudyIdea = {}): StudyInput {
  const { arms = ['natural', 'other'], tasks = ['clean', 'noisy'], photos = 3 } = idea;
  const { seeds = [0, 1, 2], budgets = [100], repetitions = 1, noise = none } = idea;
  const gain = idea.gain ?? ((arm) => (arm === arms[0] ? 0 : 0.1));
  const levelOf = (task: number, photo: number) => 25 + task + 2 * photo;
  const scoresOf = (psnr: (task: number, photo: number, repetition: number) => number) =>
    tasks.flatMap((set, task) =>
      Array.from({ length: photos * repetitions }, (_, at): StudyScore => {
        const [photo, repetition] = [at % photos, Math.floor(at / photos)];
        const psnrY = psnr(task, photo, repetition);
        return { set, photo, repetition, psnrY, ssimY: psnrY / 40, distance: 1 - psnrY / 50 };
      }),
    );
  const differ = (arm: number, seed: number, photo: number) =>
    arm === 0
      ? 0
      : noise.photo * normal(arm, 1, photo) +
        noise.seed * normal(arm, 2, seed) +
        noise.both * normal(arm, 3, photo * 100 + seed);
  const share = 1 / tasks.length;
  const runs = budgets.flatMap((budget) =>
    arms.flatMap((arm, at) =>
      seeds.map(
        (seed): StudyRun => ({
          arm,
          budget,
          seed,
          scores: scoresOf(
            (task, photo) =>
              levelOf(task, photo) + 0.01 * seed + gain(arm, task) + differ(at, seed, photo),
          ),
          shares: [0, budget / 2].map((step) => ({
            step,
            shares: Object.fromEntries(tasks.map((id) => [id, share])),
          })),
          realised: Object.fromEntries(tasks.map((id) => [id, budget])),
          cost: { samples: 16 * budget, specialistSamples: at * 100, probeImages: 8, seconds: 60 },
          parameters: 53_000,
          macsPerPixel: 52_000,
        }),
      ),
    ),
  );
  return {
    name: 'made-up',
    baseline: arms[0] as string,
    evensr: '0.0.0',
    tasks: tasks.map((id) => ({ id, mass: share, description: `looks like ${id}` })),
    photos: Array.from({ length: photos }, (_, at) => ({ name: `photo-${at}.png` })),
    arms: arms.map((name) => ({ name, about: `rule of ${name}` })),
    seeds,
    budgets,
    runs,
    bicubic: scoresOf((task, photo) => levelOf(task, photo) - 0.5),
    start: scoresOf((task, photo) => levelOf(task, photo) - 0.2),
    specialists: tasks.flatMap((task, own) =>
      (['excellence', 'acceptance'] as const).map((kind) => ({
        task,
        kind,
        scores: scoresOf(
          (at, photo) =>
            levelOf(at, photo) + (kind === 'excellence' ? 0.4 : -0.1) - (at === own ? 0 : 0.6),
        ),
      })),
    ),
    crops: [],
    commands: ['evensr study studies/made-up.yaml'],
  };
}

/** One crop of each task: a small picture, lq, and large ones. */
export async function someCrops(
  tasks: readonly string[],
  labels: readonly string[] = ['lq', 'bicubic', 'natural', 'gt'],
): Promise<StudyInput['crops']> {
  const paint = async (side: number, tint: number) => {
    const pixels = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
      const [x, y] = [(Math.floor(i / 3) % side) / side, Math.floor(i / 3 / side) / side];
      return 128 + 60 * Math.sin(12 * x + tint) + 50 * Math.cos(9 * y * (1 + (i % 3)));
    });
    const image = sharp(pixels, { raw: { width: side, height: side, channels: 3 } });
    return new Uint8Array(await image.png().toBuffer());
  };
  return await Promise.all(
    tasks.map(async (task, photo) => ({
      task,
      photo,
      pictures: await Promise.all(
        labels.map(async (label, tint) => ({
          label,
          png: await paint(label === 'lq' ? 24 : 96, tint),
        })),
      ),
    })),
  );
}
