/** Work of which so many pieces are under way at a time. */

export interface SlotOptions<Item> {
  slots: number;
  /** Whether an item can be begun: what it waits for is over. */
  ready: (item: Item) => boolean;
  work: (item: Item) => Promise<void>;
  /** Asked before an item is begun: true lets what is under way end, and begins nothing. */
  stopping: () => boolean;
}

/**
 * Does the items, the first that is ready first. Rejects with the first failure when all that was under way
 * has ended; `work` that is to end sooner then must be told so by the caller of `failed`.
 */
export async function inSlots<Item>(
  items: readonly Item[],
  { slots, ready, work, stopping }: SlotOptions<Item>,
  failed: (error: unknown) => void = () => {},
): Promise<void> {
  const waiting = [...items];
  const active = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const begin = (item: Item): void => {
    const piece = work(item)
      .catch((error: unknown) => {
        failures.push(error);
        failed(error);
      })
      .finally(() => active.delete(piece));
    active.add(piece);
  };
  for (;;) {
    while (active.size < slots && failures.length === 0 && !stopping()) {
      const at = waiting.findIndex(ready);
      if (at < 0) break;
      begin(waiting.splice(at, 1)[0] as Item);
    }
    if (active.size === 0) break;
    await Promise.race(active);
  }
  if (failures.length > 0) throw failures[0];
}
