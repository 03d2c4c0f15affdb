/** Outputs that would meet. */
import { type ByteName, collisionKey, textOf } from './byte-name.ts';

interface Output {
  place: ByteName;
  output: ByteName;
}

/** Names of the folders above a name, the nearest first. */
function* foldersAbove(name: string): Generator<string> {
  for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1))
    yield name.slice(0, end);
}

/** Every output by its name as the least able file system sees it; the names of their folders. */
export class Outputs {
  readonly #files = new Map<string, Output>();
  readonly #folders = new Map<string, Output>();
  /** One line for each two that meet: in one file, or where one's folder is the other's file. */
  readonly meetings: string[] = [];

  add(item: Output): void {
    const key = collisionKey(item.output);
    const same = this.#files.get(key) ?? this.#folders.get(key);
    if (same) this.#meet(same, item);
    else this.#files.set(key, item);
    for (const folder of foldersAbove(key)) {
      if (this.#folders.has(folder)) break;
      const file = this.#files.get(folder);
      if (file) this.#meet(file, item);
      this.#folders.set(folder, item);
    }
  }

  /** Whether the name would meet no output. */
  isFree(name: ByteName): boolean {
    const key = collisionKey(name);
    return !this.#files.has(key) && !this.#folders.has(key);
  }

  #meet(one: Output, other: Output): void {
    const [a, b] = [one, other].map(({ place }) => textOf(place));
    const [first, second] = [one, other].map(({ output }) => textOf(output));
    const target = first === second ? first : `${first} and ${second}`;
    this.meetings.push(`${a} and ${b} -> ${target}`);
  }
}
