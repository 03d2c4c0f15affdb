import { type Command, InvalidArgumentError } from 'commander';
import { EvensrError, exitCodes } from '../errors.ts';
import { activationBytes } from '../infer/activation-memory.ts';
import { defaultTileSide } from '../infer/native-engine.ts';
import { receptiveRadius } from '../infer/receptive-field.ts';
import { readWeights, type Weights } from '../infer/weights.ts';
import type { WeightSet } from '../native.ts';
import { macsPerPixel } from '../network/macs.ts';
import { parameterCount } from '../network/spec.ts';
import { formatBytes } from './bytes.ts';
import { networkText, originText } from './network-text.ts';
import { oneOf } from './options.ts';
import type { Output } from './output.ts';
import { runs } from './run.ts';

interface Size {
  width: number;
  height: number;
}

interface InspectOptions {
  weights: WeightSet;
  size?: Size;
}

const example = `
Examples:
  evensr model inspect net_g_latest.pth
  evensr model inspect realesrgan-x4plus.param --size 1920x1080 --json`;

function sizeOf(text: string): Size {
  const [, width, height] = /^(\d{1,6})x(\d{1,6})$/.exec(text) ?? [];
  if (Number(width) > 0 && Number(height) > 0)
    return { width: Number(width), height: Number(height) };
  throw new InvalidArgumentError('It must be WIDTHxHEIGHT in pixels, as 1920x1080.');
}

/** What a network costs, from its graph; for a picture of `size`, when there is one. */
function costOf({ spec }: Weights, size: Size | undefined) {
  const macs = macsPerPixel(spec);
  const bytes = activationBytes(spec);
  const parameters = parameterCount(spec);
  const cost = {
    parameters,
    macsPerPixel: macs,
    receptiveRadius: receptiveRadius(spec),
    readsWholePicture: spec.condition !== undefined,
    weightBytes: 4 * parameters,
    activationBytesPerPixel: bytes,
  };
  if (!size) return cost;
  const pixels = size.width * size.height;
  const tileSide = defaultTileSide(bytes);
  const tileBytes = bytes * Math.min(pixels, tileSide ** 2);
  const picture = { ...size, macs: macs * pixels, activationBytes: bytes * pixels };
  return { ...cost, picture: { ...picture, tileSide, tileActivationBytes: tileBytes } };
}

const counted = (value: number) => value.toLocaleString('en-US');

function short(value: number): string {
  const units = ['', ' k', ' M', ' G', ' T', ' P'];
  const unit = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  return `${Number((value / 1000 ** unit).toPrecision(4))}${units[unit]}`;
}

function tell(set: Weights, cost: ReturnType<typeof costOf>, output: Output): void {
  const { scale } = set.spec;
  const looksAtAll = cost.readsWholePicture ? ', and at statistics of the whole picture' : '';
  const rows: [string, string][] = [
    ['file', set.info.file],
    ['found as', originText(set)],
    ['network', networkText(set.info.network)],
    ['parameters', `${counted(cost.parameters)} (${formatBytes(cost.weightBytes)} as float32)`],
    ['work', `${short(cost.macsPerPixel)} multiply-adds for each input pixel`],
    ['looks', `${cost.receptiveRadius} input pixels far${looksAtAll}`],
    ['activations', `${formatBytes(cost.activationBytesPerPixel)} for each input pixel`],
  ];
  if ('picture' in cost) {
    const { width, height, macs, activationBytes: bytes, ...tile } = cost.picture;
    rows.push([
      `${width} x ${height}`,
      `becomes ${width * scale} x ${height * scale}: ${short(macs)} multiply-adds, ${formatBytes(bytes)} of activations in one piece, ${formatBytes(tile.tileActivationBytes)} in the tiles of ${tile.tileSide} pixels that upscale takes`,
    ]);
  }
  const indent = Math.max(...rows.map(([name]) => name.length));
  for (const [name, text] of rows) output.line(`${name.padEnd(indent)}  ${text}`);
}

async function inspect(file: string, options: InspectOptions, output: Output): Promise<void> {
  if (file.toLowerCase().endsWith('.onnx'))
    throw new EvensrError('E_USAGE', exitCodes.usage, `${file}: ONNX files are not inspected`, {
      hint: 'give the file of weights that it came from',
    });
  const set = await readWeights(file, options.weights, (code, text) => output.warn(code, text));
  const cost = costOf(set, options.size);
  tell(set, cost, output);
  const { network, step, weights } = set.info;
  output.document({ file: set.info.file, step, weights, ...set.origin, network, ...cost });
}

export function registerModel(program: Command): void {
  const model = program
    .command('model')
    .description('what a trained network is and costs')
    .addHelpText('after', example);
  const command = model
    .command('inspect')
    .description('architecture, sizes, parameters, work, receptive field and memory')
    .argument('<file>', 'run folder, checkpoint, .safetensors, .pth, .pt, .param or .bin')
    .option(
      '--weights <set>',
      'ema (moving average) or params (as trained), where the file holds both',
      oneOf<WeightSet>('ema', 'params'),
      'ema',
    )
    .option('--size <WxH>', 'a picture whose work and memory is said', sizeOf)
    .addHelpText('after', example);
  runs<InspectOptions>(command, async (options, output, [file]) => {
    await inspect(file as string, options, output);
    return undefined;
  });
}
