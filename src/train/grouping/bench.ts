/** What groups are found with: a network that learns, one that stays, training pairs and scores of recipes. */
import { indicatorOf } from '../../balance/grouping.ts';
import type { Recipe } from '../../degradation/recipe.ts';
import { sampleRecipes } from '../../degradation/sample.ts';
import type { NativeTrainer } from '../../native.ts';
import { BatchSource } from '../batches.ts';
import { CropDrawer } from '../crops.ts';
import { fineTune } from '../fine-tune.ts';
import { reserveMemory } from '../memory.ts';
import { TaskMeans } from '../probe.ts';
import { putState, type TrainerState } from '../trainer-state.ts';
import { cropSource, type Workshop } from '../workshop.ts';
import { fixedDraws } from './draws.ts';
import type { GroupSettings } from './file.ts';

/** Recipes, crops and noise are other ones than those of runs, specialists and probes; so are the tests'. */
const trainSeed = 2 ** 43;
const testSeed = 2 ** 44;

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length;

export interface Watch {
  /** After every training step. */
  onStep(): void;
  stopping(): boolean;
}

export class GroupBench {
  readonly recipes: readonly Recipe[];
  readonly #workshop: Workshop;
  readonly #start: TrainerState;
  readonly #settings: GroupSettings;
  readonly #learner: NativeTrainer;
  /** The network as it was: its losses say what a batch cost before. */
  readonly #still: NativeTrainer;

  private constructor(
    workshop: Workshop,
    start: TrainerState,
    settings: GroupSettings,
    trainers: readonly [NativeTrainer, NativeTrainer],
  ) {
    this.#workshop = workshop;
    this.#start = start;
    this.#settings = settings;
    [this.#learner, this.#still] = trainers;
    const { space, config } = workshop;
    this.recipes = sampleRecipes(space, {
      seed: trainSeed + settings.seed,
      scale: config.scale,
      count: settings.recipes,
    });
  }

  /** The caller disposes it. */
  static async open(
    workshop: Workshop,
    start: TrainerState,
    settings: GroupSettings,
  ): Promise<GroupBench> {
    const trainers = [workshop.createTrainer(), workshop.createTrainer()] as const;
    const bench = new GroupBench(workshop, start, settings, trainers);
    try {
      const [learner, still] = trainers;
      const { config, probes } = workshop;
      await reserveMemory(
        config,
        { trainer: learner, discriminator: null },
        { measured: probes.atOnce },
      );
      putState(still, { ...start, blocks: { ...start.blocks, params: start.blocks.ema } });
      return bench;
    } catch (error) {
      bench.dispose();
      throw error;
    }
  }

  dispose(): void {
    this.#learner.dispose();
    this.#still.dispose();
  }

  /** Training pairs of some recipes: the same crops and noise keys for any of them. */
  #pairs(recipes: readonly Recipe[]): BatchSource {
    const { batchOptions, cropOptions, space } = this.#workshop;
    const seed = trainSeed + this.#settings.seed;
    return new BatchSource(
      { next: () => [] },
      {
        ...batchOptions,
        seed,
        compat: null,
        recipeOf: fixedDraws(recipes, { space, seed }),
        crops: new CropDrawer(cropSource(this.#workshop), { ...cropOptions, seed }),
      },
    );
  }

  async #train(
    recipes: readonly Recipe[],
    steps: number,
    watch: Watch,
    compare?: { from: number; losses(before: number, after: number): void },
  ): Promise<boolean> {
    const { config } = this.#workshop;
    const skipped = await fineTune(this.#pairs(recipes), {
      start: this.#start,
      trainer: this.#learner,
      accumulate: config.training.accumulate,
      steps,
      learningRate: this.#settings.learningRate,
      stopping: () => watch.stopping(),
      onStep: async (step, pairs, { losses }) => {
        if (compare && step >= compare.from) {
          const { border } = config.validation;
          const before = await this.#still.measure(pairs, { weights: 'params', border });
          compare.losses(mean(before.losses), mean(losses));
        }
        watch.onStep();
      },
    });
    if (skipped) {
      const text = `${skipped} of ${steps} steps on ${recipes.length} recipes were not finite and skipped`;
      this.#workshop.observer.warn('W_NONFINITE', text);
    }
    return skipped !== undefined;
  }

  /**
   * How little fine-tuning on one recipe alone helps (indicatorOf); null when its losses are not finite.
   * @returns nothing when it was stopped
   */
  async indicator(recipe: number, watch: Watch): Promise<number | null | undefined> {
    const { steps, window } = this.#settings;
    const before: number[] = [];
    const after: number[] = [];
    const done = await this.#train([this.recipes[recipe] as Recipe], steps, watch, {
      from: steps - window + 1,
      losses: (...losses) => {
        before.push(losses[0]);
        after.push(losses[1]);
      },
    });
    return done ? indicatorOf(before, after) : undefined;
  }

  /** Fine-tunes on all of these together; false when it was stopped. */
  train(recipes: readonly number[], watch: Watch): Promise<boolean> {
    const chosen = recipes.map((recipe) => this.recipes[recipe] as Recipe);
    return this.#train(chosen, this.#settings.jointSteps, watch);
  }

  /**
   * Mean PSNR on Y of a recipe, in dB, on crops of the validation photographs, the same ones for every
   * recipe; null when none is finite.
   */
  async psnr(recipe: number, network: 'learner' | 'still'): Promise<number | null> {
    const { batchOptions, cropOptions, photos, space, config } = this.#workshop;
    const { pack, images, photos: sizes } = photos.validation;
    const count = this.#settings.crops;
    const seed = testSeed + this.#settings.seed;
    const options = { ...cropOptions, seed, flip: false, rotate: false };
    const trainer = network === 'learner' ? this.#learner : this.#still;
    const source = new BatchSource(
      { next: () => [] },
      {
        ...batchOptions,
        seed,
        pack,
        batchSize: count,
        compat: null,
        recipeOf: fixedDraws([this.recipes[recipe] as Recipe], { space, seed }),
        crops: new CropDrawer({ images, sizes }, options),
      },
    );
    const { pairs } = await source.take(1);
    const { border } = config.validation;
    const { psnrY } = await trainer.measure(pairs, { weights: 'params', border });
    pairs.dispose();
    const means = new TaskMeans(['recipe']);
    means.add(new Array<string>(count).fill('recipe'), psnrY);
    return means.toJSON().recipe ?? null;
  }
}
