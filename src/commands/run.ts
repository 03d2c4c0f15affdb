import type { Command } from 'commander';
import pc from 'picocolors';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';
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

/** One line on stderr, a JSON document with `--json`, and the exit code. A stack only for our bugs. */
export function reportError(error: unknown, output: Output): ExitCode {
  const known = error instanceof EvensrError ? error : fromNative(error);
  if (known) {
    const hint = known.hint ? ` - ${known.hint}` : '';
    process.stderr.write(
      `${pc.red(`evensr: ${known.code}:`)} ${printable(known.message)}${hint}\n`,
    );
    if (output.verbose && known.stack) process.stderr.write(`${known.stack}\n`);
    output.document({ error: { code: known.code, message: known.message, hint: known.hint } });
    return known.exitCode;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `${pc.red('evensr: E_BUG:')} this is a bug in evensr, please report it\n${text}\n`,
  );
  output.document({ error: { code: 'E_BUG', message: String(error) } });
  return exitCodes.bug;
}

const nativeExitCodes: Record<string, ExitCode> = {
  E_MEMORY: exitCodes.memory,
  E_DISK: exitCodes.disk,
  E_DEVICE: exitCodes.usage,
};

function fromNative(error: unknown): EvensrError | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return undefined;
  const exitCode = nativeExitCodes[code];
  if (exitCode === undefined) return undefined;
  return new EvensrError(code, exitCode, (error as Error).message, { cause: error });
}
