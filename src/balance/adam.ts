/** Adam (Kingma & Ba, ICLR 2015) on a few numbers, one a task, with PyTorch's constants. */
const beta1 = 0.9;
const beta2 = 0.999;
const epsilon = 1e-8;

/** The square of a gradient this large is far from overflow. */
const gradientLimit = 1e100;

/** One number, its moments and how often it was moved. Plain data. */
export interface AdamNumber {
  readonly value: number;
  readonly first: number;
  readonly second: number;
  readonly steps: number;
}

export function adamNumber(value: number): AdamNumber {
  return { value, first: 0, second: 0, steps: 0 };
}

/**
 * One step of Adam. A gradient that is null or no usable number leaves number and moments as they are: a batch
 * without a task says nothing about it.
 */
export function adamStep(before: AdamNumber, gradient: number | null, rate: number): AdamNumber {
  if (gradient === null || !(Math.abs(gradient) < gradientLimit)) return before;
  const steps = before.steps + 1;
  const first = beta1 * before.first + (1 - beta1) * gradient;
  const second = beta2 * before.second + (1 - beta2) * gradient * gradient;
  const size = Math.sqrt(second / (1 - beta2 ** steps)) + epsilon;
  const value = before.value - (rate * (first / (1 - beta1 ** steps))) / size;
  return { value, first, second, steps };
}
