/**
 * Real-ESRGAN's recipes by the names of their two stages, for tests and fixtures that set or read single
 * parameters: kernel1, sigmaX1, …, jpegQuality2, finalOrder, …
 */
import {
  jpegBackends,
  kernelTypes,
  type NoiseOperation,
  type Operation,
  operationOf,
  type Recipe,
  resizeModes,
} from '../src/degradation/recipe.ts';

const stageFields = [
  'kernel',
  'kernelSize',
  'sigmaX',
  'sigmaY',
  'theta',
  'beta',
  'omega',
  'resizeMode',
  'resizeScale',
  'noise',
  'noiseLevel',
  'noiseGray',
  'jpegQuality',
] as const;

/** 36 numbers; kernel and noise count from 1 with 0 for none, 1 Gaussian and 2 Poisson. */
export const stagedFields: readonly string[] = [
  ...['seedLo', 'seedHi', 'graySeedLo', 'graySeedHi', 'scale'],
  ...stageFields.map((name) => `${name}1`),
  ...stageFields.map((name) => `${name}2`),
  ...['finalOrder', 'finalResizeMode', 'finalSincSize', 'finalSincOmega', 'jpegBackend'],
];

export type StagedValues = Readonly<Record<string, number>>;

export function stagedValues(numbers: readonly number[]): StagedValues {
  return Object.fromEntries(stagedFields.map((name, i) => [name, numbers[i] as number]));
}

const zeros = { sigmaX: 0, sigmaY: 0, theta: 0, beta: 0, omega: 0, shift: 0, index: 0 };
const noMix = [0, 0, 0, 0, 0, 0] as const;

/** The recipe with these values; those that are not named are 0. */
export function stagedRecipe(values: StagedValues): Recipe {
  const value = (name: string) => values[name] ?? 0;
  const stageOperations = (stage: 1 | 2): Operation[] => {
    const at = (name: (typeof stageFields)[number]) => value(`${name}${stage}`);
    const { sigmaX, sigmaY, theta, beta, omega } = Object.fromEntries(
      stageFields.map((name) => [name, at(name)]),
    ) as Record<(typeof stageFields)[number], number>;
    const kernel = kernelTypes[at('kernel') - 1];
    const type = ([undefined, 'gaussian', 'poisson'] as const)[at('noise')];
    const blur = { op: 'blur', stage, kernelSize: at('kernelSize'), ...zeros } as const;
    const noise = { op: 'noise', stage, level: at('noiseLevel'), mix: noMix, vals: 0 } as const;
    return [
      ...(kernel ? [{ ...blur, kernel, sigmaX, sigmaY, theta, beta, omega }] : []),
      {
        op: 'resize',
        stage,
        mode: resizeModes[at('resizeMode')] as (typeof resizeModes)[number],
        of: stage === 1 ? 'input' : 'lq',
        factor: at('resizeScale'),
      },
      ...(type
        ? [{ ...noise, type, channels: at('noiseGray') ? 'gray' : 'colour' } as NoiseOperation]
        : []),
    ];
  };
  const jpeg = (stage: 1 | 2): Operation => {
    const quality = value(`jpegQuality${stage}`);
    const backend = jpegBackends[value('jpegBackend')] as (typeof jpegBackends)[number];
    return quality > 0
      ? { op: 'jpeg', stage, quality, backend, subsampling: '420' }
      : { op: 'clamp', stage };
  };
  const final: Operation[] = [
    {
      op: 'resize',
      stage: 3,
      mode: resizeModes[value('finalResizeMode')] as (typeof resizeModes)[number],
      of: 'lq',
      factor: 1,
    },
  ];
  if (value('finalSincSize') > 0) {
    const [kernelSize, omega] = [value('finalSincSize'), value('finalSincOmega')];
    final.push({ op: 'blur', stage: 3, kernel: 'sinc', kernelSize, ...zeros, omega });
  }
  return {
    seed: [value('seedLo'), value('seedHi')],
    graySeed: [value('graySeedLo'), value('graySeedHi')],
    scale: value('scale'),
    operations: [
      ...stageOperations(1),
      jpeg(1),
      ...stageOperations(2),
      ...(value('finalOrder') === 0 ? [...final, jpeg(2)] : [jpeg(2), ...final]),
    ],
  };
}

export interface StageView {
  kernel: string;
  kernelSize: number;
  sigmaX: number;
  sigmaY: number;
  theta: number;
  beta: number;
  omega: number;
  resizeMode: string;
  resizeScale: number;
  noise: string;
  noiseLevel: number;
  noiseGray: boolean;
  jpegQuality: number;
}

/** What a stage of a drawn recipe holds; 0 and `none` where it lacks the operation. */
export function stageOf(recipe: Recipe, stage: number): StageView {
  const blur = operationOf(recipe, 'blur', stage);
  const resize = operationOf(recipe, 'resize', stage);
  const noise = operationOf(recipe, 'noise', stage);
  return {
    kernel: blur?.kernel ?? 'none',
    kernelSize: blur?.kernelSize ?? 0,
    sigmaX: blur?.sigmaX ?? 0,
    sigmaY: blur?.sigmaY ?? 0,
    theta: blur?.theta ?? 0,
    beta: blur?.beta ?? 0,
    omega: blur?.omega ?? 0,
    resizeMode: resize?.mode ?? 'none',
    resizeScale: resize?.factor ?? 0,
    noise: noise?.type ?? 'none',
    noiseLevel: noise?.level ?? 0,
    noiseGray: noise?.channels === 'gray',
    jpegQuality: operationOf(recipe, 'jpeg', stage)?.quality ?? 0,
  };
}

/** The order of the last operations: JPEG of stage 2, or the clamp instead, against the last resize. */
export function finalOrder({ operations }: Recipe): 'resizeThenJpeg' | 'jpegThenResize' {
  const ofStage2 = operations.findIndex(
    ({ op, stage }) => stage === 2 && (op === 'jpeg' || op === 'clamp'),
  );
  const resize = operations.findIndex(({ op, stage }) => stage === 3 && op === 'resize');
  return ofStage2 < resize ? 'jpegThenResize' : 'resizeThenJpeg';
}
