/** The public API of evensr. */
export { EvensrError, exitCodes } from './errors.ts';
export { native } from './native.ts';
