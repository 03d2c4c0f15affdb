/** Sums over the steps since the last line of the metrics. */
import { z } from 'zod';
import type { StepResult } from '../native.ts';

/** `parts`: of a step whose loss has several, and of the discriminator. */
export const windowSchema = z.strictObject({
  loss: z.number(),
  gradientNorm: z.number(),
  count: z.int().min(0),
  parts: z.record(z.string(), z.number()).optional(),
});

export type Window = z.infer<typeof windowSchema>;

export const emptyWindow: Window = { loss: 0, gradientNorm: 0, count: 0 };

export const meanOf = (values: Float64Array): number =>
  values.reduce((a, b) => a + b, 0) / values.length;

/** What a step has beside its loss and gradient, each one number. */
function partsOf({ parts, discriminatorGradientNorm }: StepResult): [string, number][] {
  const means = Object.entries(parts).map(([name, losses]): [string, number] => [
    name,
    meanOf(losses),
  ]);
  if (means.length < 2) return [];
  return Number.isNaN(discriminatorGradientNorm)
    ? means
    : [...means, ['discriminatorGradientNorm', discriminatorGradientNorm]];
}

/** The window with one more step. */
export function withStep(window: Window, result: StepResult): Window {
  const parts = partsOf(result).map(([name, value]) => [name, (window.parts?.[name] ?? 0) + value]);
  return {
    loss: window.loss + meanOf(result.losses),
    gradientNorm: window.gradientNorm + result.gradientNorm,
    count: window.count + 1,
    ...(parts.length > 0 ? { parts: Object.fromEntries(parts) } : {}),
  };
}

export interface WindowMeans {
  loss: number | null;
  gradientNorm: number | null;
  /** Of a loss that has several: pixel, perceptual, gan, not weighted. */
  parts?: Record<string, number>;
  /** Of a run with an adversarial loss: on gt, on the generator's, their sum. */
  discriminator?: { loss: number; real: number; fake: number; gradientNorm: number };
}

/** Means a step; null where there was none. */
export function windowMeans({ loss, gradientNorm, count, parts }: Window): WindowMeans {
  if (count === 0) return { loss: null, gradientNorm: null };
  const means = { loss: loss / count, gradientNorm: gradientNorm / count };
  if (!parts) return means;
  const divided = Object.fromEntries(
    Object.entries(parts).map(([name, sum]) => [name, sum / count]),
  );
  const { real, fake, discriminatorGradientNorm: norm, ...own } = divided;
  if (real === undefined || fake === undefined || norm === undefined)
    return { ...means, parts: own };
  return {
    ...means,
    parts: own,
    discriminator: { loss: real + fake, real, fake, gradientNorm: norm },
  };
}
