/** The tensors of a checkpoint: what they are called, and how they go back into the trainers. */
import { EvensrError, exitCodes } from '../errors.ts';
import type { NativeTrainer, StateBlock, TensorInfo } from '../native.ts';
import type { Tensor } from '../network/safetensors.ts';
import { elements } from '../network/spec.ts';
import { stateBlocks } from './trainer-state.ts';

/** Tensors of each block, and the buffers, under their names in the field's state dicts. */
export interface TrainerTensors {
  blocks: Record<StateBlock, Tensor[]>;
  buffers: Tensor[];
}

const buffersName = 'buffers';
const discriminatorPrefix = 'discriminator/';

export function invalid(reason: string): never {
  throw new EvensrError(
    'E_CHECKPOINT',
    exitCodes.invalidModel,
    `not a usable checkpoint: ${reason}`,
  );
}

function cut(infos: readonly TensorInfo[], values: Float32Array, group: string): Tensor[] {
  return infos.map(({ name, shape, offset }) => ({
    name: `${group}/${name}`,
    shape,
    data: values.subarray(offset, offset + elements(shape)),
  }));
}

function tensorsOf(trainer: NativeTrainer): Tensor[] {
  const infos = trainer.tensors();
  const blocks = stateBlocks.flatMap((block) => cut(infos, trainer.getState(block), block));
  return [...blocks, ...cut(trainer.buffers(), trainer.getBuffers(), buffersName)];
}

/** All tensors under the names that the file gives them. Must not be called while a step runs. */
export function checkpointTensors(
  trainer: NativeTrainer,
  discriminator: NativeTrainer | null,
): Tensor[] {
  const own = tensorsOf(trainer);
  if (!discriminator) return own;
  const others = tensorsOf(discriminator);
  return [...own, ...others.map((one) => ({ ...one, name: discriminatorPrefix + one.name }))];
}

function grouped(tensors: readonly Tensor[]): TrainerTensors {
  const found: TrainerTensors = { blocks: { params: [], ema: [], m: [], v: [] }, buffers: [] };
  for (const { name, shape, data } of tensors) {
    const slash = name.indexOf('/');
    const group = name.slice(0, slash);
    const block = stateBlocks.find((known) => known === group);
    if (!block && group !== buffersName) return invalid(`it has an unknown tensor ${name}`);
    const list = block ? found.blocks[block] : found.buffers;
    list.push({ name: name.slice(slash + 1), shape, data });
  }
  return found;
}

/** The file's tensors, by network. Throws E_CHECKPOINT for one that belongs to neither. */
export function sortedTensors(
  tensors: readonly Tensor[],
): TrainerTensors & { discriminator: TrainerTensors | null } {
  const isOther = ({ name }: Tensor) => name.startsWith(discriminatorPrefix);
  const others = tensors
    .filter(isOther)
    .map((one) => ({ ...one, name: one.name.slice(discriminatorPrefix.length) }));
  const own = grouped(tensors.filter((one) => !isOther(one)));
  return { ...own, discriminator: others.length > 0 ? grouped(others) : null };
}

/** `values` with all of its tensors replaced. Throws E_CHECKPOINT when names or shapes differ. */
function filled(
  values: Float32Array,
  infos: readonly TensorInfo[],
  found: readonly Tensor[],
  group: string,
): Float32Array {
  const tensors = new Map(found.map((tensor) => [tensor.name, tensor]));
  if (tensors.size !== infos.length) invalid(`it has ${tensors.size} tensors in ${group}`);
  for (const { name, shape, offset } of infos) {
    const tensor = tensors.get(name) ?? invalid(`it has no tensor ${group}/${name}`);
    if (tensor.shape.join() !== shape.join()) {
      invalid(`${group}/${name} has the shape [${tensor.shape}], the network's is [${shape}]`);
    }
    values.set(tensor.data, offset);
  }
  return values;
}

/**
 * Checks a trainer's tensors and gives back what puts them into it.
 * @throws E_CHECKPOINT when names or shapes differ
 */
export function restoring(
  trainer: NativeTrainer,
  { blocks, buffers }: TrainerTensors,
  optimizerSteps: number,
): () => void {
  const infos = trainer.tensors();
  const states = stateBlocks.map(
    (block) => [block, filled(trainer.getState(block), infos, blocks[block], block)] as const,
  );
  const others = filled(trainer.getBuffers(), trainer.buffers(), buffers, buffersName);
  return () => {
    for (const [block, values] of states) trainer.setState(block, values);
    trainer.setBuffers(others);
    trainer.setStepCount(optimizerSteps);
  };
}
