/** The public API of evensr. */
export { EvensrError, exitCodes } from './errors.ts';
export { native } from './native.ts';
export { philox4x32, Random, streams } from './rng.ts';
