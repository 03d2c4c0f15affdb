import { EvensrError, exitCodes } from '../errors.ts';
import type { NetworkConfig } from '../network/build.ts';

type Shapes = ReadonlyMap<string, readonly number[]>;

const channels = 3;

function shapeOf(shapes: Shapes, name: string): readonly number[] {
  return shapes.get(name) ?? [];
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
  };
}

function detectMsrresnet(shapes: Shapes): NetworkConfig {
  const numFeat = shapeOf(shapes, 'conv_first.weight')[0] ?? 0;
  const up = shapeOf(shapes, 'upconv1.weight')[0] ?? 0;
  const blocks = [...shapes.keys()].filter((name) => /^body\.\d+\.conv1\.weight$/.test(name));
  return {
    type: 'msrresnet',
    scale: shapes.has('upconv2.weight') ? 4 : Math.sqrt(up / numFeat),
    numFeat,
    numBlock: blocks.length,
  };
}

/**
 * The network that a state dict belongs to, from names and shapes.
 * @throws E_MODEL_UNKNOWN when it is none that can be built
 */
export function detectNetwork(shapes: Shapes): NetworkConfig {
  const known = shapes.has('upconv1.weight')
    ? detectMsrresnet(shapes)
    : shapes.has('body.0.weight')
      ? detectSrvgg(shapes)
      : undefined;
  if (known && Number.isInteger(known.scale) && known.scale > 0 && known.numFeat > 0) return known;
  const some = [...shapes.keys()].slice(0, 3).join(', ') || 'none';
  throw new EvensrError(
    'E_MODEL_UNKNOWN',
    exitCodes.invalidModel,
    `the tensors (${some}, …) belong to no known network`,
    { hint: 'known: SRVGGNetCompact and MSRResNet with the names of their state dicts' },
  );
}
