/** What the time of a training step or a picture is spent on. */

export const kinds = [
  'products',
  'transforms',
  'other convolutions',
  'activations',
  'upsampling',
  'loss',
  'optimizer',
  'other',
] as const;

/** Shares of the whole, which add up to 1. */
export type Shares = Readonly<Record<(typeof kinds)[number], number>>;

/** NativeTrainer.takeProfile(): nanoseconds by operation. */
type Profile = Readonly<Record<string, number>>;

const operators = {
  activations: ['prelu', 'relu', 'leakyRelu'],
  upsampling: ['pixelShuffle', 'pixelUnshuffle', 'upsampleNearest', 'upsampleBilinear'],
  loss: ['loss'],
  optimizer: ['optimizer'],
} as const;

/**
 * Convolutions are Winograd's, of which the matrix products are known and all else counts as transforms
 * (waiting for other threads too), and other ones, with their gradients. `other`: sums, joins, pooling,
 * spectral norms, and what has no name.
 * @param profiles of the networks that take part, one of which has the `whole`
 */
export function sharesOf(profiles: readonly Profile[], threads: number): Shares {
  const of = (...names: readonly string[]) =>
    profiles.reduce((sum, one) => names.reduce((all, name) => all + (one[name] ?? 0), sum), 0);
  const products = of('products') / threads;
  const winograd = of('winograd') / threads;
  const times = {
    products,
    transforms: winograd - products,
    'other convolutions': Math.max(0, of('conv2d') - winograd),
    activations: of(...operators.activations),
    upsampling: of(...operators.upsampling),
    loss: of(...operators.loss),
    optimizer: of(...operators.optimizer),
  };
  const named = Object.values(times).reduce((sum, time) => sum + time, 0);
  const whole = Math.max(of('whole'), named);
  const all = { ...times, other: whole - named };
  const shares = Object.entries(all).map(([kind, time]) => [kind, time / whole]);
  return Object.fromEntries(shares) as Shares;
}
