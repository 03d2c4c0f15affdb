/**
 * Finds silent faults of the machine: training is deterministic, so a step that is computed twice from
 * the same state must give the same bits.
 */
import { EvensrError, exitCodes } from '../errors.ts';
import type { NativeBatch, NativeTrainer, StepResult } from '../native.ts';
import { putState, stateBlocks, type TrainerState, takeState } from './trainer-state.ts';

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

/** The first tensor of which the two states have different bits. */
function difference(
  trainer: NativeTrainer,
  one: TrainerState,
  other: TrainerState,
): string | undefined {
  for (const block of stateBlocks) {
    const [first, second] = [bytesOf(one.blocks[block]), bytesOf(other.blocks[block])];
    if (first.equals(second)) continue;
    const bytes = Float32Array.BYTES_PER_ELEMENT;
    const tensor = trainer.tensors().find(({ offset, shape }) => {
      const [start, end] = [offset * bytes, (offset + shape.reduce((a, b) => a * b, 1)) * bytes];
      return !first.subarray(start, end).equals(second.subarray(start, end));
    });
    return `${block}/${tensor?.name}`;
  }
  return bytesOf(one.buffers).equals(bytesOf(other.buffers)) ? undefined : 'the buffers';
}

/**
 * A step, computed twice; the discriminator's part of it, too.
 * @throws E_REPLAY (exit code 7) naming the first tensor that differs; nothing computed on such a machine
 *   since the last replay can be trusted
 */
export async function replayedStep(
  trainer: NativeTrainer,
  pairs: NativeBatch,
  options: Parameters<NativeTrainer['step']>[1],
  step: number,
): Promise<StepResult> {
  const { discriminator } = options;
  const trainers = discriminator ? [trainer, discriminator] : [trainer];
  const before = trainers.map(takeState);
  const first = await trainer.step(pairs, options);
  const after = trainers.map(takeState);
  trainers.forEach((one, at) => {
    putState(one, before[at] as TrainerState);
  });
  const second = await trainer.step(pairs, options);
  const losses = bytesOf(first.losses).equals(bytesOf(second.losses));
  const differences = trainers.map((one, at) =>
    difference(one, after[at] as TrainerState, takeState(one)),
  );
  const where = losses ? differences.find((found) => found !== undefined) : 'the losses';
  if (where === undefined) return second;
  throw new EvensrError(
    'E_REPLAY',
    exitCodes.gpu,
    `step ${step}, computed twice, differs in ${where}: the processor or the memory is faulty`,
    { hint: 'test the machine, then resume from a checkpoint before the last good replay' },
  );
}
