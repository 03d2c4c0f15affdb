import pc from 'picocolors';

/** The stream as far as colours depend on it. */
export interface ColorTarget {
  isTTY?: boolean;
}

/**
 * Whether text for `stream` may hold colours: NO_COLOR (no-color.org) forbids, FORCE_COLOR demands, and
 * otherwise a terminal decides, each stream for itself.
 */
export function usesColor(stream: ColorTarget, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** Colours for messages on stderr. */
export const stderrColors = pc.createColors(usesColor(process.stderr));
