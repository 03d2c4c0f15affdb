import { EvensrError, exitCodes } from '../errors.ts';
import {
  finalOrders,
  jpegBackends,
  kernelTypes,
  noiseTypes,
  type Recipe,
  resizeModes,
  type StageRecipe,
} from './recipe.ts';

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
];

/** Names of the 36 doubles of a packed recipe, in order: the fields of the native struct Recipe. */
export const recipeFields: readonly string[] = Object.freeze([
  ...['seedLo', 'seedHi', 'graySeedLo', 'graySeedHi', 'scale'],
  ...stageFields.map((name) => `${name}1`),
  ...stageFields.map((name) => `${name}2`),
  ...['finalOrder', 'finalResizeMode', 'finalSincSize', 'finalSincOmega', 'jpegBackend'],
]);

/** Numbers of a packed recipe. */
export const recipeLength = recipeFields.length;

function code<Name extends string>(names: readonly Name[], name: Name, field: string): number {
  const found = names.indexOf(name);
  if (found >= 0) return found;
  throw new EvensrError('E_RECIPE', exitCodes.usage, `recipe: ${field} is ${name}`, {
    hint: `known: ${names.join(', ')}`,
  });
}

function named<Name extends string>(names: readonly Name[], value: number | undefined): Name {
  const name = value === undefined ? undefined : names[value];
  if (name !== undefined) return name;
  throw new EvensrError('E_RECIPE', exitCodes.usage, `packed recipe: no code ${value}`, {
    hint: `codes run from 0 to ${names.length - 1}: ${names.join(', ')}`,
  });
}

function stageValues(stage: StageRecipe): number[] {
  return [
    code(kernelTypes, stage.kernel, 'kernel'),
    stage.kernelSize,
    stage.sigmaX,
    stage.sigmaY,
    stage.theta,
    stage.beta,
    stage.omega,
    code(resizeModes, stage.resizeMode, 'resizeMode'),
    stage.resizeScale,
    code(noiseTypes, stage.noise, 'noise'),
    stage.noiseLevel,
    stage.noiseGray ? 1 : 0,
    stage.jpegQuality,
  ];
}

function recipeValues(recipe: Recipe): number[] {
  return [
    ...recipe.seed,
    ...recipe.graySeed,
    recipe.scale,
    ...stageValues(recipe.stages[0]),
    ...stageValues(recipe.stages[1]),
    code(finalOrders, recipe.finalOrder, 'finalOrder'),
    code(resizeModes, recipe.finalResizeMode, 'finalResizeMode'),
    recipe.finalSincSize,
    recipe.finalSincOmega,
    code(jpegBackends, recipe.jpegBackend, 'jpegBackend'),
  ];
}

/**
 * B recipes as B x 36 doubles, one recipe after the other, fields as in `recipeFields`.
 * @throws E_RECIPE naming the field: an unknown name or a value that is no finite number
 */
export function packRecipes(recipes: readonly Recipe[]): Float64Array {
  const packed = new Float64Array(recipes.length * recipeLength);
  for (const [index, recipe] of recipes.entries()) {
    const values = recipeValues(recipe);
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0 || values.length !== recipeLength) {
      const field = `${recipeFields[wrong] ?? 'its length'} is ${values[wrong] ?? values.length}`;
      throw new EvensrError('E_RECIPE', exitCodes.usage, `recipe ${index}: ${field}`, {
        hint: 'every parameter must be a finite number',
      });
    }
    packed.set(values, index * recipeLength);
  }
  return packed;
}

function unpackStage(values: Float64Array): StageRecipe {
  const at = (field: number) => values[field] as number;
  return {
    kernel: named(kernelTypes, at(0)),
    kernelSize: at(1),
    sigmaX: at(2),
    sigmaY: at(3),
    theta: at(4),
    beta: at(5),
    omega: at(6),
    resizeMode: named(resizeModes, at(7)),
    resizeScale: at(8),
    noise: named(noiseTypes, at(9)),
    noiseLevel: at(10),
    noiseGray: at(11) !== 0,
    jpegQuality: at(12),
  };
}

/**
 * The recipe at `index` of a packed array; the exact inverse of packRecipes.
 * @throws E_RECIPE when the array ends before it or holds an unknown code
 */
export function unpackRecipe(packed: Float64Array, index = 0): Recipe {
  const values = packed.subarray(index * recipeLength, (index + 1) * recipeLength);
  if (values.length !== recipeLength) {
    throw new EvensrError('E_RECIPE', exitCodes.usage, `packed recipe ${index} is cut short`, {
      hint: `a recipe has ${recipeLength} numbers`,
    });
  }
  const at = (field: number) => values[field] as number;
  const stage2 = 5 + stageFields.length;
  const end = stage2 + stageFields.length;
  return {
    seed: [at(0), at(1)],
    graySeed: [at(2), at(3)],
    scale: at(4),
    stages: [unpackStage(values.subarray(5, stage2)), unpackStage(values.subarray(stage2, end))],
    finalOrder: named(finalOrders, at(end)),
    finalResizeMode: named(resizeModes, at(end + 1)),
    finalSincSize: at(end + 2),
    finalSincOmega: at(end + 3),
    jpegBackend: named(jpegBackends, at(end + 4)),
  };
}

/**
 * Compares the native struct with `recipeFields`: an addon built from other sources would misread every
 * recipe.
 * @throws E_ADDON when they differ
 */
export function requireRecipeLayout(layout: { bytes: number; fields: readonly string[] }): void {
  const different = recipeFields.findIndex((name, index) => layout.fields[index] !== name);
  const sizes = layout.fields.length === recipeLength && layout.bytes === recipeLength * 8;
  if (different < 0 && sizes) return;
  const detail =
    different < 0
      ? `it has ${layout.bytes} bytes, not ${recipeLength * 8}`
      : `field ${different} is ${layout.fields[different]}, not ${recipeFields[different]}`;
  throw new EvensrError('E_ADDON', exitCodes.usage, `the addon's recipe differs: ${detail}`, {
    hint: 'build it again with: npm run setup',
  });
}
