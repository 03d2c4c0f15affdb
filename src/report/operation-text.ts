/** What an operation of a recipe does, in the words of a caption. */
import type {
  BlurOperation,
  KernelType,
  NoiseOperation,
  Operation,
  Recipe,
  ResizeMode,
} from '../degradation/recipe.ts';

/** As many digits as say something. */
const short = (value: number): string => String(Number(value.toPrecision(3)));

const kernelWords: Record<KernelType, string> = {
  iso: 'isotropic',
  aniso: 'anisotropic',
  generalizedIso: 'generalized isotropic',
  generalizedAniso: 'generalized anisotropic',
  plateauIso: 'plateau isotropic',
  plateauAniso: 'plateau anisotropic',
  sinc: 'sinc',
  bank: 'estimated kernel',
};

const modeWords: Record<ResizeMode, string> = {
  area: 'area',
  bilinear: 'bilinear',
  bicubic: 'bicubic',
  cvArea: 'area (OpenCV)',
  cvLinear: 'bilinear (OpenCV)',
  cvCubic: 'bicubic (OpenCV)',
  matlabBicubic: 'bicubic (MATLAB)',
  decimate: 'every n-th pixel',
};

function blurText(blur: BlurOperation): string[] {
  const { kernel, kernelSize, sigmaX, sigmaY, theta, beta, omega, shift, index } = blur;
  const size = `${kernelSize}×${kernelSize}`;
  if (kernel === 'sinc') return [`sinc ${size}`, `cutoff ${short(omega)} rad/pixel`];
  if (kernel === 'bank') return [`estimated kernel ${index}`];
  const isIso = kernel.toLowerCase().endsWith('iso') && !kernel.toLowerCase().endsWith('aniso');
  const shape = [
    isIso ? `σ ${short(sigmaX)}` : `σ ${short(sigmaX)} × ${short(sigmaY)}`,
    ...(isIso ? [] : [`${Math.round((theta * 180) / Math.PI)}°`]),
    ...(beta === 0 ? [] : [`beta ${short(beta)}`]),
    ...(shift === 0 ? [] : [`moved ${short(shift)} px`]),
  ];
  return [`${kernelWords[kernel]} ${size}`, shape.join(', ')];
}

function noiseText({ type, level, channels, vals }: NoiseOperation): string[] {
  const kind = channels === 'colour' ? type : `${type}, ${channels}`;
  if (type !== 'poisson') return [kind, `σ ${short(level)} of 255`];
  return [kind, vals === 0 ? `scale ${short(level)}` : `${short(vals)} photons at white`];
}

/** A recipe in two lines: its noises and its compressions, in their order. */
export function summaryText(recipe: Recipe): string[] {
  const { operations } = recipe;
  const noises = operations.flatMap((one) =>
    one.op === 'noise' ? `${one.type} ${short(one.vals || one.level)}` : [],
  );
  const qualities = operations.flatMap((one) => (one.op === 'jpeg' ? short(one.quality) : []));
  return [
    ...(noises.length > 0 ? [noises.join(', ')] : []),
    ...(qualities.length > 0 ? [`JPEG ${qualities.join(', ')}`] : []),
  ];
}

/** Its name, and a line or two of parameters. */
export function operationText(operation: Operation): { name: string; parameters: string[] } {
  switch (operation.op) {
    case 'blur':
      return { name: 'blur', parameters: blurText(operation) };
    case 'resize': {
      const { mode, of, factor } = operation;
      const whose = of === 'lq' ? 'of the lq size' : 'of its input';
      return { name: 'resize', parameters: [modeWords[mode], `${short(factor)} ${whose}`] };
    }
    case 'noise':
      return { name: 'noise', parameters: noiseText(operation) };
    case 'isp': {
      const { gain, shot, read } = operation;
      const levels = `shot ${short(shot)}, read ${short(read)}`;
      return { name: 'camera noise', parameters: [levels, `gain ${short(gain)}`] };
    }
    case 'inject':
      return { name: 'real noise', parameters: [`patch ${operation.patch}`] };
    case 'jpeg': {
      const { quality, backend, subsampling } = operation;
      const sampling = `4:${subsampling[1]}:${subsampling[2]}`;
      return { name: 'JPEG', parameters: [`quality ${short(quality)}`, `${backend}, ${sampling}`] };
    }
    case 'clamp':
      return { name: 'clamp', parameters: ['to [0, 1]'] };
  }
}
