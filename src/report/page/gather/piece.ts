/** A part of a report that may be missing: then it says why, in words for people. */
export type Piece<Value> = { value: Value } | { missing: string };

/** What `work` finds, or why it could not. A report is made from whatever is left of a run. */
export async function piece<Value>(
  what: string,
  work: () => Promise<Value>,
): Promise<Piece<Value>> {
  try {
    return { value: await work() };
  } catch (error) {
    const { message } = error as Error;
    return { missing: `${what}: ${message}` };
  }
}

export function contentOf<Value>(found: Piece<Value>): Value | undefined {
  return 'value' in found ? found.value : undefined;
}

export function reasonOf(found: Piece<unknown>): string | undefined {
  return 'missing' in found ? found.missing : undefined;
}
