/** Names that other code bases give the tensors of the same networks, and ours for them. */
import { EvensrError, exitCodes } from '../../errors.ts';
import { div2kMean, type EdsrConfig } from '../edsr.ts';
import type { Tensor } from '../safetensors.ts';

type WeightSet = 'params' | 'ema';

export interface Renamed {
  /** Whose names they were. */
  style: string;
  tensors: Tensor[];
  /** What the style says of the network beyond names and shapes. */
  sizes?: Pick<EdsrConfig, 'imgRange'>;
}

/** A pattern of names, and ours: $1, $2 are what its groups matched. */
type Rule = readonly [RegExp, string];

interface KeyStyle {
  style: string;
  /** A name that only this style has. */
  mark: RegExp;
  rules: readonly Rule[] | ((names: readonly string[]) => readonly Rule[]);
  /** Takes out what the network has as constants. */
  strip?: (tensors: readonly Tensor[]) => Tensor[];
  sizes?: Renamed['sizes'];
}

function unknown(reason: string): never {
  throw new EvensrError('E_MODEL_UNKNOWN', exitCodes.invalidModel, reason, {
    hint: 'known: SRVGGNetCompact, MSRResNet, RRDBNet and EDSR',
  });
}

/**
 * Layers of the oldest ESRGAN are numbered through, activations too: first, trunk, upsamplings, two more.
 * KAIR's has the same names but for the last convolution of a dense block. An upsampling by 3, which both
 * can have, looks like one by 2 and is taken for it.
 */
function oldestRules(names: readonly string[]): Rule[] {
  const numbers = names
    .flatMap((name) => /^model\.(\d+)\.weight$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
  const [first, ...rest] = numbers;
  const [high, last] = rest.slice(-2);
  const ups = rest.slice(0, -2);
  const plain: [number | undefined, string][] = [
    [first, 'conv_first'],
    ...ups.map((number, at): [number, string] => [number, `conv_up${at + 1}`]),
    [high, 'conv_hr'],
    [last, 'conv_last'],
  ];
  return [
    [/^model\.1\.sub\.(\d+)\.RDB(\d)\.conv(\d)(?:\.0)?\.(\w+)$/, 'body.$1.rdb$2.conv$3.$4'],
    [/^model\.1\.sub\.\d+\.(\w+)$/, 'conv_body.$1'],
    ...plain.map(
      ([number, name]): Rule => [new RegExp(`^model\\.${number}\\.(\\w+)$`), `${name}.$1`],
    ),
  ];
}

const trunkRules: readonly Rule[] = [
  [/^RRDB_trunk\.(\d+)\.RDB(\d)\.(conv\d\..+)$/, 'body.$1.rdb$2.$3'],
  [/^trunk_conv\.(\w+)$/, 'conv_body.$1'],
  [/^upconv(\d)\.(\w+)$/, 'conv_up$1.$2'],
  [/^HRconv\.(\w+)$/, 'conv_hr.$1'],
];

const edsrRules: readonly Rule[] = [
  [/^head\.0\.(\w+)$/, 'conv_first.$1'],
  [/^body\.(\d+)\.body\.0\.(\w+)$/, 'body.$1.conv1.$2'],
  [/^body\.(\d+)\.body\.2\.(\w+)$/, 'body.$1.conv2.$2'],
  [/^body\.\d+\.(\w+)$/, 'conv_after_body.$1'],
  [/^tail\.0\.(\d)\.(\w+)$/, 'upsample.$1.$2'],
  [/^tail\.1\.(\w+)$/, 'conv_last.$1'],
];

/** The mean colour, which official files hold as 1x1 convolutions on 0..255. */
function stripMeans(tensors: readonly Tensor[]): Tensor[] {
  for (const [name, sign] of [
    ['sub_mean.bias', -1],
    ['add_mean.bias', 1],
  ] as const) {
    const found = tensors.find((tensor) => tensor.name === name);
    const differs = div2kMean.some(
      (mean, c) => Math.abs((found?.data[c] ?? 0) - sign * 255 * mean) > 0.01,
    );
    if (found && differs) unknown('it is an EDSR for another mean colour than that of DIV2K');
  }
  return tensors.filter(({ name }) => !/^(sub|add)_mean\./.test(name));
}

/** Upsamplings of mmediting's EDSR are counted without their pixel shuffles. */
const mmeditingEdsrRules: readonly Rule[] = [
  [/^upsample\.0\.upsample_conv\.(\w+)$/, 'upsample.0.$1'],
  [/^upsample\.1\.upsample_conv\.(\w+)$/, 'upsample.2.$1'],
];

/** mmediting's MSRResNet has no activation behind its upsamplings. */
function refuseTrunkNet(): never {
  return unknown("it is mmediting's MSRResNet, which computes something else than BasicSR's");
}

const styles: readonly KeyStyle[] = [
  { style: 'ESRGAN of 2018', mark: /^model\.1\.sub\.\d+\.RDB1\./, rules: oldestRules },
  { style: 'ESRGAN and KAIR', mark: /^RRDB_trunk\.\d+\.RDB1\./, rules: trunkRules },
  {
    style: 'KAIR',
    mark: /^recon_trunk\.\d+\.conv1\./,
    rules: [
      [/^recon_trunk\.(.+)$/, 'body.$1'],
      [/^HRconv\.(\w+)$/, 'conv_hr.$1'],
    ],
  },
  {
    style: 'EDSR-PyTorch',
    mark: /^body\.\d+\.body\.0\.weight$/,
    rules: edsrRules,
    strip: stripMeans,
  },
  {
    style: 'mmediting',
    mark: /^upsample\.0\.upsample_conv\.weight$/,
    rules: mmeditingEdsrRules,
    sizes: { imgRange: 1 },
  },
  { style: 'mmediting', mark: /^trunk_net\.\d+\.conv1\./, rules: refuseTrunkNet },
];

/** What mmediting puts before the names of a generator, and of its moving average. */
const generators = ['generator.', 'generator_ema.'];

/** The generator of a file that holds all that mmediting trains; nothing for other files. */
function generatorOf(tensors: readonly Tensor[], set: WeightSet): Tensor[] | undefined {
  const order = set === 'ema' ? generators.toReversed() : generators;
  const prefix = order.find((one) => tensors.some(({ name }) => name.startsWith(one)));
  if (prefix === undefined) return undefined;
  return tensors
    .filter(({ name }) => name.startsWith(prefix))
    .map((tensor) => ({ ...tensor, name: tensor.name.slice(prefix.length) }));
}

/**
 * Tensors under BasicSR's names, which are ours. Names that fit no rule stay. `set` chooses, where names
 * tell the weights from their moving average.
 * @throws E_MODEL_UNKNOWN (exit code 9) for relatives of our networks that compute something else
 */
export function renameKeys(all: readonly Tensor[], set: WeightSet): Renamed {
  const generator = generatorOf(all, set);
  const tensors = generator ?? [...all];
  const names = tensors.map(({ name }) => name);
  const found = styles.find(({ mark }) => names.some((name) => mark.test(name)));
  if (!found) return { style: generator ? 'mmediting' : 'BasicSR', tensors };
  const { style, strip, sizes } = found;
  const rules = typeof found.rules === 'function' ? found.rules(names) : found.rules;
  const rename = (name: string) => {
    const rule = rules.find(([pattern]) => pattern.test(name));
    return rule ? name.replace(rule[0], rule[1]) : name;
  };
  const kept = strip ? strip(tensors) : tensors;
  const renamed = kept.map((tensor) => ({ ...tensor, name: rename(tensor.name) }));
  if (new Set(renamed.map(({ name }) => name)).size < renamed.length)
    unknown(`two of its tensors, with names of ${style}, are the same for us`);
  return { style, tensors: renamed, ...(sizes ? { sizes } : {}) };
}
