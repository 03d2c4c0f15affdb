import type { NativeTrainer, StateBlock } from '../native.ts';

/** The blocks of a trainer's state, in the order in which they are saved. */
export const stateBlocks = ['params', 'ema', 'm', 'v'] as const satisfies readonly StateBlock[];

/** Copies of all that a trainer's steps change. */
export interface TrainerState {
  blocks: Record<StateBlock, Float32Array>;
  /** u and v of spectral norms; empty for most networks. */
  buffers: Float32Array;
  optimizerSteps: number;
}

/** Must not be called while a step runs. */
export function takeState(trainer: NativeTrainer): TrainerState {
  const blocks = Object.fromEntries(
    stateBlocks.map((block) => [block, trainer.getState(block)]),
  ) as Record<StateBlock, Float32Array>;
  return { blocks, buffers: trainer.getBuffers(), optimizerSteps: trainer.stepCount };
}

/** Must not be called while a step runs. */
export function putState(
  trainer: NativeTrainer,
  { blocks, buffers, optimizerSteps }: TrainerState,
): void {
  for (const block of stateBlocks) trainer.setState(block, blocks[block]);
  trainer.setBuffers(buffers);
  trainer.setStepCount(optimizerSteps);
}
