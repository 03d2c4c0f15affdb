import type { NativeTrainer, StateBlock } from '../native.ts';
import { stateBlocks } from './checkpoint.ts';

/** Copies of all that a trainer's steps change. */
export interface TrainerState {
  blocks: Record<StateBlock, Float32Array>;
  optimizerSteps: number;
}

/** Must not be called while a step runs. */
export function takeState(trainer: NativeTrainer): TrainerState {
  const blocks = Object.fromEntries(
    stateBlocks.map((block) => [block, trainer.getState(block)]),
  ) as Record<StateBlock, Float32Array>;
  return { blocks, optimizerSteps: trainer.stepCount };
}

/** Must not be called while a step runs. */
export function putState(trainer: NativeTrainer, { blocks, optimizerSteps }: TrainerState): void {
  for (const block of stateBlocks) trainer.setState(block, blocks[block]);
  trainer.setStepCount(optimizerSteps);
}
