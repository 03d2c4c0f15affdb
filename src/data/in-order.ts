/** Two images are decoded at a time: enough to keep the writer busy, and memory stays bounded. */
const underWayAtOnce = 2;

/** Each item with its result, in the order of the items, while the work on the next ones is under way. */
export async function* inOrder<Item, Result>(
  items: Item[],
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<[Item, Result]> {
  const underWay: Promise<Result>[] = [];
  const start = (index: number) => {
    if (index >= items.length) return;
    const result = work(items[index] as Item);
    // Whoever awaits it sees the failure; until then it must not count as unhandled.
    result.catch(() => {});
    underWay.push(result);
  };
  for (let index = 0; index < underWayAtOnce; index++) start(index);
  for (const [index, item] of items.entries()) {
    const result = await (underWay.shift() as Promise<Result>);
    start(index + underWayAtOnce);
    yield [item, result];
  }
}
