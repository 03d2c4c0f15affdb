import { EvensrError, exitCodes } from '../../errors.ts';

/** Throws E_MODEL_FORMAT (exit code 9): a file that is not what its kind of file has to be. */
export function invalidFile(kind: string, reason: string, hint?: string): never {
  const message = `not a usable ${kind} file: ${reason}`;
  throw new EvensrError('E_MODEL_FORMAT', exitCodes.invalidModel, message, hint ? { hint } : {});
}

const longestShown = 100;

/** A text out of a file for a message, which a hostile file must not fill. */
export function shown(text: string): string {
  return text.length <= longestShown ? text : `${text.slice(0, longestShown)}…`;
}
