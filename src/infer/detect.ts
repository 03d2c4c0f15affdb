import { severityNames } from '../degradation/severities.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import type { NetworkConfig } from '../network/build.ts';
import { type ConditioningConfig, conditionPrefix } from '../network/conditioner.ts';

type Shapes = ReadonlyMap<string, readonly number[]>;

const channels = 3;

function shapeOf(shapes: Shapes, name: string): readonly number[] {
  return shapes.get(name) ?? [];
}

function countOf(shapes: Shapes, pattern: RegExp): number {
  return [...shapes.keys()].filter((name) => pattern.test(name)).length;
}

/** What the network estimates is told by no name: severities as evensr lists them, as many as there are. */
function detectConditioning(shapes: Shapes): { conditioning?: ConditioningConfig } {
  const [filters] = shapeOf(shapes, `${conditionPrefix}.filters.weight`);
  if (filters === undefined) return {};
  const [hidden = 0] = shapeOf(shapes, `${conditionPrefix}.hidden.weight`);
  const [estimated = 0] = shapeOf(shapes, `${conditionPrefix}.severities.weight`);
  return { conditioning: { filters, hidden, severities: severityNames.slice(0, estimated) } };
}

/** body.0, body.2, … are convolutions; body.1, body.3, … hold the slopes of PReLU. */
function detectSrvgg(shapes: Shapes): NetworkConfig {
  const layers = [...shapes.keys()].flatMap((name) => {
    const layer = /^body\.(\d+)\.weight$/.exec(name)?.[1];
    return layer === undefined || shapeOf(shapes, name).length !== 4 ? [] : [Number(layer)];
  });
  const last = Math.max(...layers);
  const scale = Math.sqrt((shapeOf(shapes, `body.${last}.weight`)[0] ?? 0) / channels);
  return {
    type: 'srvgg',
    scale,
    numFeat: shapeOf(shapes, 'body.0.weight')[0] ?? 0,
    numConv: layers.length - 2,
    activation: shapes.has('body.1.weight') ? 'prelu' : 'relu',
    ...detectConditioning(shapes),
  };
}

function detectMsrresnet(shapes: Shapes): NetworkConfig {
  const numFeat = shapeOf(shapes, 'conv_first.weight')[0] ?? 0;
  const up = shapeOf(shapes, 'upconv1.weight')[0] ?? 0;
  return {
    type: 'msrresnet',
    scale: shapes.has('upconv2.weight') ? 4 : Math.sqrt(up / numFeat),
    numFeat,
    numBlock: countOf(shapes, /^body\.\d+\.conv1\.weight$/),
    ...detectConditioning(shapes),
  };
}

/** Scale 2 and 1 show as pixels that became channels of the first convolution, or as upsamplings less. */
function detectRrdbnet(shapes: Shapes): NetworkConfig {
  const [numFeat = 0, inChannels = 0] = shapeOf(shapes, 'conv_first.weight');
  const unshuffled = Math.sqrt(inChannels / channels);
  const scale = 2 ** countOf(shapes, /^conv_up\d\.weight$/) / unshuffled;
  return {
    type: 'rrdbnet',
    scale,
    numFeat,
    numBlock: countOf(shapes, /^body\.\d+\.rdb1\.conv1\.weight$/),
    numGrowCh: shapeOf(shapes, 'body.0.rdb1.conv1.weight')[0] ?? 0,
    ...(unshuffled === 1 && scale < 4 ? { unshuffle: false } : {}),
  };
}

/** The features from which on the published networks have a resScale of 0.1, which no tensor tells. */
const largeEdsr = 256;

function detectEdsr(shapes: Shapes): NetworkConfig {
  const [numFeat = 0] = shapeOf(shapes, 'conv_first.weight');
  const [up = 0] = shapeOf(shapes, 'upsample.0.weight');
  return {
    type: 'edsr',
    scale: shapes.has('upsample.2.weight') ? 4 : Math.sqrt(up / numFeat),
    numFeat,
    numBlock: countOf(shapes, /^body\.\d+\.conv1\.weight$/),
    resScale: numFeat >= largeEdsr ? 0.1 : 1,
  };
}

/** By a tensor that no other network has. */
const detectors: readonly [string, (shapes: Shapes) => NetworkConfig][] = [
  ['upconv1.weight', detectMsrresnet],
  ['body.0.rdb1.conv1.weight', detectRrdbnet],
  ['upsample.0.weight', detectEdsr],
  ['body.0.weight', detectSrvgg],
];

/**
 * The network that a state dict belongs to, from names and shapes.
 * @throws E_MODEL_UNKNOWN when it is none that can be built
 */
export function detectNetwork(shapes: Shapes): NetworkConfig {
  const known = detectors.find(([name]) => shapes.has(name))?.[1](shapes);
  if (known && Number.isInteger(known.scale) && known.scale > 0 && known.numFeat > 0) return known;
  const some = [...shapes.keys()].slice(0, 3).join(', ') || 'none';
  throw new EvensrError(
    'E_MODEL_UNKNOWN',
    exitCodes.invalidModel,
    `the tensors (${some}, …) belong to no known network`,
    {
      hint: 'known: SRVGGNetCompact, MSRResNet, RRDBNet and EDSR with the names of their state dicts',
    },
  );
}
