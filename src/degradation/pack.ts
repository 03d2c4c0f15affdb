import { EvensrError, exitCodes } from '../errors.ts';
import {
  jpegBackends,
  kernelTypes,
  noiseChannels,
  noiseTypes,
  type Operation,
  type Recipe,
  resizeModes,
  sizesOf,
  subsamplings,
} from './recipe.ts';

type Of<Op extends Operation['op']> = Extract<Operation, { op: Op }>;

/** How one kind of operation becomes numbers and back; the order of the names is that of the numbers. */
interface OperationLayout<Op extends Operation['op']> {
  readonly parameters: readonly string[];
  readonly numbers: (operation: Of<Op>) => readonly number[];
  readonly operation: (numbers: Float64Array, stage: number) => Of<Op>;
}

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

const at = (numbers: Float64Array, position: number) => numbers[position] as number;

/** A type's position is its code, as in native/degrade/recipe.h. */
const layouts: { readonly [Op in Operation['op']]: OperationLayout<Op> } = {
  blur: {
    parameters: [
      'kernel',
      'kernelSize',
      'sigmaX',
      'sigmaY',
      'theta',
      'beta',
      'omega',
      'shift',
      'index',
    ],
    numbers: (o) => [
      code(kernelTypes, o.kernel, 'blur.kernel'),
      o.kernelSize,
      o.sigmaX,
      o.sigmaY,
      o.theta,
      o.beta,
      o.omega,
      o.shift,
      o.index,
    ],
    operation: (n, stage) => ({
      op: 'blur',
      stage,
      kernel: named(kernelTypes, n[0]),
      kernelSize: at(n, 1),
      sigmaX: at(n, 2),
      sigmaY: at(n, 3),
      theta: at(n, 4),
      beta: at(n, 5),
      omega: at(n, 6),
      shift: at(n, 7),
      index: at(n, 8),
    }),
  },
  resize: {
    parameters: ['mode', 'of', 'factor'],
    numbers: (o) => [
      code(resizeModes, o.mode, 'resize.mode'),
      code(sizesOf, o.of, 'resize.of'),
      o.factor,
    ],
    operation: (n, stage) => ({
      op: 'resize',
      stage,
      mode: named(resizeModes, n[0]),
      of: named(sizesOf, n[1]),
      factor: at(n, 2),
    }),
  },
  noise: {
    parameters: [
      'type',
      'level',
      'channels',
      ...['mix00', 'mix01', 'mix02', 'mix11', 'mix12', 'mix22'],
      'vals',
    ],
    numbers: (o) => [
      code(noiseTypes, o.type, 'noise.type'),
      o.level,
      code(noiseChannels, o.channels, 'noise.channels'),
      ...o.mix,
      o.vals,
    ],
    operation: (n, stage) => ({
      op: 'noise',
      stage,
      type: named(noiseTypes, n[0]),
      level: at(n, 1),
      channels: named(noiseChannels, n[2]),
      mix: [at(n, 3), at(n, 4), at(n, 5), at(n, 6), at(n, 7), at(n, 8)],
      vals: at(n, 9),
    }),
  },
  isp: {
    parameters: [
      'gain',
      'red',
      'blue',
      ...['weight0', 'weight1', 'weight2', 'weight3'],
      'shot',
      'read',
    ],
    numbers: (o) => [o.gain, o.red, o.blue, ...o.weights, o.shot, o.read],
    operation: (n, stage) => ({
      op: 'isp',
      stage,
      gain: at(n, 0),
      red: at(n, 1),
      blue: at(n, 2),
      weights: [at(n, 3), at(n, 4), at(n, 5), at(n, 6)],
      shot: at(n, 7),
      read: at(n, 8),
    }),
  },
  inject: {
    parameters: ['patch', 'top', 'left'],
    numbers: (o) => [o.patch, o.top, o.left],
    operation: (n, stage) => ({
      op: 'inject',
      stage,
      patch: at(n, 0),
      top: at(n, 1),
      left: at(n, 2),
    }),
  },
  jpeg: {
    parameters: ['quality', 'backend', 'subsampling'],
    numbers: (o) => [
      o.quality,
      code(jpegBackends, o.backend, 'jpeg.backend'),
      code(subsamplings, o.subsampling, 'jpeg.subsampling'),
    ],
    operation: (n, stage) => ({
      op: 'jpeg',
      stage,
      quality: at(n, 0),
      backend: named(jpegBackends, n[1]),
      subsampling: named(subsamplings, n[2]),
    }),
  },
  clamp: {
    parameters: [],
    numbers: () => [],
    operation: (_, stage) => ({ op: 'clamp', stage }),
  },
};

/** Kinds of operations; a kind's position is its code. */
export const operationTypes = Object.freeze(Object.keys(layouts)) as readonly Operation['op'][];

const header = ['seedLo', 'seedHi', 'graySeedLo', 'graySeedHi', 'scale', 'operations'];
const mostParameters = 10;
const recordLength = 2 + mostParameters;

/** How many operations a recipe may have. */
export const mostOperations = 20;

/** Numbers of a packed recipe. */
export const recipeLength = header.length + mostOperations * recordLength;

/** Names of the parameters of a kind of operation, in the order in which they are packed. */
export function parametersOf(op: Operation['op']): readonly string[] {
  return layouts[op].parameters;
}

function refuse(index: number, problem: string, hint: string): never {
  throw new EvensrError('E_RECIPE', exitCodes.usage, `recipe ${index}: ${problem}`, { hint });
}

function requireFinite(index: number, value: number, field: () => string): number {
  if (Number.isFinite(value)) return value;
  return refuse(index, `${field()} is ${value}`, 'every parameter must be a finite number');
}

function packOperation(index: number, number: number, operation: Operation): number[] {
  const { op, stage } = operation;
  const type = operationTypes.indexOf(op);
  if (type < 0) refuse(index, `operation ${op}`, `known: ${operationTypes.join(', ')}`);
  const layout = layouts[op] as OperationLayout<typeof op>;
  const numbers = layout.numbers(operation as never);
  if (numbers.length !== layout.parameters.length) {
    refuse(
      index,
      `${op} has ${numbers.length} numbers`,
      `it takes ${layout.parameters.join(', ')}`,
    );
  }
  const name = (field: string | undefined) => `operation ${number + 1}, ${op}.${field}`;
  numbers.forEach((value, i) => {
    requireFinite(index, value, () => name(layout.parameters[i]));
  });
  return [type, requireFinite(index, stage, () => name('stage')), ...numbers];
}

/**
 * B recipes as B x 246 doubles, one recipe after the other: six of a header, then twelve for each of
 * up to 20 operations (kind, stage, parameters as in `parametersOf`).
 * @throws E_RECIPE naming the field: an unknown name, a value that is no finite number, too many
 *   operations
 */
export function packRecipes(recipes: readonly Recipe[]): Float64Array {
  const packed = new Float64Array(recipes.length * recipeLength);
  for (const [index, { seed, graySeed, scale, operations }] of recipes.entries()) {
    if (operations.length > mostOperations) {
      refuse(index, `${operations.length} operations`, `at most ${mostOperations}`);
    }
    const [seedLo, seedHi] = seed;
    const [graySeedLo, graySeedHi] = graySeed;
    const head = [seedLo, seedHi, graySeedLo, graySeedHi, scale, operations.length];
    head.forEach((value, i) => {
      requireFinite(index, value, () => header[i] as string);
    });
    const start = index * recipeLength;
    packed.set(head, start);
    operations.forEach((operation, number) => {
      const place = start + header.length + number * recordLength;
      packed.set(packOperation(index, number, operation), place);
    });
  }
  return packed;
}

/**
 * The recipe at `index` of a packed array; the exact inverse of packRecipes.
 * @throws E_RECIPE when the array ends before it or holds an unknown code
 */
export function unpackRecipe(packed: Float64Array, index = 0): Recipe {
  const values = packed.subarray(index * recipeLength, (index + 1) * recipeLength);
  if (values.length !== recipeLength) {
    refuse(index, 'is cut short', `a packed recipe has ${recipeLength} numbers`);
  }
  const operations = Array.from({ length: at(values, 5) }, (_, number): Operation => {
    const place = header.length + number * recordLength;
    const op = named(operationTypes, values[place]);
    const numbers = values.subarray(place + 2, place + recordLength);
    return layouts[op].operation(numbers, at(values, place + 1));
  });
  return {
    seed: [at(values, 0), at(values, 1)],
    graySeed: [at(values, 2), at(values, 3)],
    scale: at(values, 4),
    operations,
  };
}

/** What the addon says about a packed recipe (native/degrade/recipe.h); an old one says less. */
export interface RecipeLayout {
  readonly bytes: number;
  readonly header?: readonly string[];
  readonly operations?: readonly {
    readonly name: string;
    readonly parameters: readonly string[];
  }[];
  readonly mostOperations: number;
}

/**
 * Compares the addon's layout with this one: an addon built from other sources would misread every
 * recipe.
 * @throws E_ADDON when they differ
 */
export function requireRecipeLayout(layout: RecipeLayout): void {
  const own: RecipeLayout = {
    bytes: recipeLength * 8,
    header,
    operations: operationTypes.map((name) => ({ name, parameters: layouts[name].parameters })),
    mostOperations,
  };
  const [theirs, ours] = [layout, own].map((all) => [
    `${all.bytes} bytes, ${all.mostOperations} operations`,
    `header ${(all.header ?? []).join(' ')}`,
    ...(all.operations ?? []).map(({ name, parameters }) => `${name} ${parameters.join(' ')}`),
  ]) as [string[], string[]];
  const lines = Math.max(theirs.length, ours.length);
  for (let i = 0; i < lines; i++) {
    if (theirs[i] === ours[i]) continue;
    const detail = `it has "${theirs[i]}", not "${ours[i]}"`;
    throw new EvensrError('E_ADDON', exitCodes.usage, `the addon's recipe differs: ${detail}`, {
      hint: 'build it again with: npm run setup',
    });
  }
}
