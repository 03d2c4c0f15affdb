/** Exit codes of every command. 1 is a bug in evensr; everything else is something a user can act on. */
export const exitCodes = {
  ok: 0,
  bug: 1,
  usage: 2,
  nothingUsable: 3,
  someFailed: 4,
  disk: 5,
  memory: 6,
  gpu: 7,
  diverged: 8,
  invalidModel: 9,
  peerLost: 10,
  folderInUse: 11,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * An error a user can act on. `code` is part of the API (for example `E_CONFIG`), the text is not.
 * The message says what happened and to which item; `hint` what to do about it.
 */
export class EvensrError extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  /** Further findings of the same kind, each a message of its own: the other mistakes in a file. */
  readonly details: readonly string[];

  constructor(
    code: string,
    exitCode: ExitCode,
    message: string,
    options: { hint?: string; cause?: unknown; details?: readonly string[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EvensrError';
    this.code = code;
    this.exitCode = exitCode;
    this.hint = options.hint;
    this.details = options.details ?? [];
  }
}

/** An error of ours with the item that it is about before its message; any other error as it is. */
export function about(item: string, error: unknown): unknown {
  if (!(error instanceof EvensrError)) return error;
  const { code, exitCode, message, hint, details } = error;
  return new EvensrError(code, exitCode, `${item}: ${message}`, {
    cause: error,
    details,
    ...(hint === undefined ? {} : { hint }),
  });
}
