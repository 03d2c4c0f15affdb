import type { Command } from 'commander';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';
import { stderrColors } from './colors.ts';
import { Output, printable } from './output.ts';

/** What a command does: options and arguments in, exit code out (nothing means 0). */
export type Action<Options> = (
  options: Options,
  output: Output,
  args: string[],
) => Promise<ExitCode | undefined>;

/** Wires an action to a commander command: global options, error line, exit code. */
export function runs<Options>(command: Command, action: Action<Options>): Command {
  return command.action(async () => {
    const options = command.optsWithGlobals() as Options & { json?: boolean; verbose?: boolean };
    const output = new Output({ json: options.json === true, verbose: options.verbose === true });
    try {
      process.exitCode = (await action(options, output, command.args)) ?? exitCodes.ok;
    } catch (error) {
      process.exitCode = reportError(error, output);
    }
  });
}

/**
 * One line on stderr for each finding, a JSON document with `--json`, and the exit code.
 * A stack only for our bugs.
 */
export function reportError(error: unknown, output: Output): ExitCode {
  const known = error instanceof EvensrError ? error : fromSystem(error);
  if (known) {
    const { code, message, hint, details } = known;
    const say = (text: string): void =>
      output.note(`${stderrColors.red(`evensr: ${code}:`)} ${printable(text)}`);
    say(hint ? `${message} - ${hint}` : message);
    for (const detail of details.slice(0, detailLimit)) say(detail);
    const hidden = details.length - detailLimit;
    if (hidden > 0) say(`and ${hidden} more`);
    if (output.verbose && known.stack) output.note(known.stack);
    const more = details.length > 0 ? { details } : {};
    output.document({ error: { code, message, hint, ...more } });
    return known.exitCode;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  output.note(
    `${stderrColors.red('evensr: E_BUG:')} this is a bug in evensr, please report it\n${text}`,
  );
  output.document({ error: { code: 'E_BUG', message: String(error) } });
  return exitCodes.bug;
}

const detailLimit = 20;

/** Codes of the addon and of Node that are no bug, whoever meets them. */
const systemErrors: Record<string, { code: string; exitCode: ExitCode }> = {
  E_MEMORY: { code: 'E_MEMORY', exitCode: exitCodes.memory },
  E_DISK: { code: 'E_DISK', exitCode: exitCodes.disk },
  E_DEVICE: { code: 'E_DEVICE', exitCode: exitCodes.usage },
  E_GPU: { code: 'E_GPU', exitCode: exitCodes.gpu },
  ERR_MEMORY_ALLOCATION_FAILED: { code: 'E_MEMORY', exitCode: exitCodes.memory },
  ...Object.fromEntries(
    ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS', 'EMFILE', 'ENFILE'].map((code) => [
      code,
      { code: 'E_DISK', exitCode: exitCodes.disk },
    ]),
  ),
};

function fromSystem(error: unknown): EvensrError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  const known =
    typeof code === 'string' && Object.hasOwn(systemErrors, code) ? systemErrors[code] : undefined;
  if (known) return new EvensrError(known.code, known.exitCode, error.message, { cause: error });
  // What V8 throws when a typed array does not fit into memory has no code.
  const isAllocation = error instanceof RangeError && /allocation failed/i.test(error.message);
  if (!isAllocation) return undefined;
  return new EvensrError('E_MEMORY', exitCodes.memory, error.message, { cause: error });
}
