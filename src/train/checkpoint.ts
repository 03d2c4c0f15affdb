/**
 * A checkpoint as bytes: one safetensors file with the tensors `params/NAME`, `ema/NAME`, `m/NAME` and
 * `v/NAME` (weights, their moving average, Adam's moments; NAME as in the field's state dicts), the same and
 * `buffers/NAME` of a discriminator behind `discriminator/`, and, in its metadata, the network, the run's state, a CRC32C of every tensor and one of all the rest.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { crc32c } from '@node-rs/crc32';
import { z } from 'zod';
import { EvensrError, exitCodes } from '../errors.ts';
import type { NativeTrainer } from '../native.ts';
import type { NetworkConfig } from '../network/build.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../network/safetensors.ts';
import {
  checkpointTensors,
  invalid,
  restoring,
  sortedTensors,
  type TrainerTensors,
} from './checkpoint-tensors.ts';
import { networkSchema, scaleSchema } from './config-schema.ts';
import { type RunState, runStateSchema } from './state.ts';

export interface Checkpoint extends TrainerTensors {
  network: NetworkConfig;
  state: RunState;
  /** Of a run with an adversarial loss. */
  discriminator: TrainerTensors | null;
}

const format = 'evensr-checkpoint-1';
const anyFormat = /^evensr-checkpoint-\d{1,9}$/;
/** A state is a few kilobytes; more is an attack. */
const maxStateText = 16_000_000;

/** Values that are looked at before other work may run: about two milliseconds. */
const sliceLength = 1 << 20;

/**
 * The trainer's tensors and the state as parts of a file. Must not be called while a step runs.
 * @throws E_NONFINITE when a value is not finite: such a state must never replace a good one
 */
export async function encodeCheckpoint(
  trainer: NativeTrainer,
  network: NetworkConfig,
  state: RunState,
  discriminator: NativeTrainer | null = null,
): Promise<Uint8Array[]> {
  const tensors = checkpointTensors(trainer, discriminator);
  for (const tensor of tensors) await requireFinite(tensor, state.step);
  const metadata = {
    format,
    network: JSON.stringify(network),
    state: JSON.stringify(state),
    crc32c: JSON.stringify(await checksums(tensors)),
  };
  return encodeSafetensors(tensors, { ...metadata, header_crc32c: headerSum(tensors, metadata) });
}

/**
 * Reads and checks a whole checkpoint. Every change of what it says is found by a checksum.
 * @throws E_CHECKPOINT (exit code 9) saying what is wrong; E_CHECKPOINT_NEWER (9) when nothing is, but
 *   another version of evensr wrote it (all formats have the header's checksum in common)
 */
export async function decodeCheckpoint(bytes: Uint8Array): Promise<Checkpoint> {
  const { tensors, metadata } = readTensors(bytes);
  const found = metadata.format ?? 'none';
  const difference = `its format is ${found.slice(0, 40)}, this version of evensr reads ${format}`;
  if (!anyFormat.test(found)) invalid(difference);
  const { header_crc32c: headerCrc, ...rest } = metadata;
  if (headerCrc !== headerSum(tensors, rest)) invalid('its header is damaged (crc)');
  if (found !== format) {
    throw new EvensrError('E_CHECKPOINT_NEWER', exitCodes.invalidModel, difference, {
      hint: 'use the version of evensr that wrote it',
    });
  }
  const expected = parsed('checksums', rest.crc32c, z.record(z.string(), z.string()));
  const sums = await checksums(tensors);
  tensors.forEach(({ name }, index) => {
    if (sums[name] !== expected[name]) invalid(`tensor ${index} (${name}) is damaged (crc)`);
  });
  return {
    network: parsed('network', rest.network, z.custom<NetworkConfig>(isNetwork)),
    state: parsed('state', rest.state, runStateSchema),
    ...sortedTensors(tensors),
  };
}

/**
 * Puts a checkpoint's tensors into trainers of the same networks. Both have taken the same steps: a step of
 * one is skipped with that of the other.
 * @throws E_CHECKPOINT when names or shapes differ; then neither is changed
 */
export function restoreTrainer(
  trainer: NativeTrainer,
  checkpoint: Checkpoint,
  discriminator: NativeTrainer | null = null,
): void {
  const { optimizerSteps } = checkpoint.state;
  const puts = [restoring(trainer, checkpoint, optimizerSteps)];
  if (discriminator) {
    const tensors = checkpoint.discriminator ?? invalid('it holds no discriminator');
    puts.push(restoring(discriminator, tensors, optimizerSteps));
  }
  for (const put of puts) put();
}

async function requireFinite({ name, data }: Tensor, step: number): Promise<void> {
  for (let start = 0; start < data.length; start += sliceLength) {
    if (!data.subarray(start, start + sliceLength).every(Number.isFinite)) {
      throw new EvensrError(
        'E_NONFINITE',
        exitCodes.diverged,
        `step ${step} is not saved: ${name} holds a value that is not finite`,
        { hint: 'lower training.learningRate and resume from the last checkpoint' },
      );
    }
    if (data.length > sliceLength) await breathe();
  }
}

async function checksums(tensors: readonly Tensor[]): Promise<Record<string, string>> {
  const sums: [string, string][] = [];
  for (const { name, data } of tensors) {
    sums.push([name, hex(crc32c(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)))]);
    if (data.length > sliceLength) await breathe();
  }
  return Object.fromEntries(sums);
}

/** Covers what the tensors' own checksums do not: names, shapes and the metadata. */
function headerSum(tensors: readonly Tensor[], metadata: Record<string, string>): string {
  const names = Object.keys(metadata).sort();
  const text = JSON.stringify([
    tensors.map(({ name, shape }) => [name, shape]),
    names.map((name) => [name, metadata[name]]),
  ]);
  return hex(crc32c(text));
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

function readTensors(bytes: Uint8Array) {
  try {
    return decodeSafetensors(bytes);
  } catch (error) {
    if (error instanceof EvensrError) return invalid(error.message);
    throw error;
  }
}

function parsed<Schema extends z.ZodType>(
  what: string,
  text: string | undefined,
  schema: Schema,
): z.output<Schema> {
  if (text === undefined || text.length > maxStateText) return invalid(`it has no valid ${what}`);
  try {
    const result = schema.safeParse(JSON.parse(text));
    if (result.success) return result.data;
    return invalid(`its ${what} does not have the expected form: ${z.prettifyError(result.error)}`);
  } catch (error) {
    if (error instanceof EvensrError) throw error;
    return invalid(`its ${what} is not JSON`);
  }
}

/** Within the limits of a configuration: a file must not make us build a network of any size. */
export function isNetwork(value: unknown): value is NetworkConfig {
  if (typeof value !== 'object' || value === null) return false;
  const { scale, ...network } = value as { scale?: unknown };
  return scaleSchema.safeParse(scale).success && networkSchema.safeParse(network).success;
}
