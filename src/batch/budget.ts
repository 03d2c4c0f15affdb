/** Shares a number of bytes among pictures that are worked on at the same time. */

interface Waiting {
  bytes: number;
  enter: () => void;
}

export class Budget {
  readonly #bytes: number;
  #used = 0;
  #inside = 0;
  readonly #queue: Waiting[] = [];

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /**
   * Resolves when there is room, in the order of the calls; what needs more than there is for all gets in
   * when it is alone. Returns what gives the room back; call it once.
   */
  async enter(bytes: number): Promise<() => void> {
    if (this.#queue.length > 0 || !this.#fits(bytes))
      await new Promise<void>((enter) => this.#queue.push({ bytes, enter }));
    else this.#take(bytes);
    return () => {
      this.#used -= bytes;
      this.#inside--;
      this.#admit();
    };
  }

  #fits(bytes: number): boolean {
    return this.#inside === 0 || this.#used + bytes <= this.#bytes;
  }

  #take(bytes: number): void {
    this.#used += bytes;
    this.#inside++;
  }

  #admit(): void {
    for (let first = this.#queue[0]; first && this.#fits(first.bytes); first = this.#queue[0]) {
      this.#queue.shift();
      this.#take(first.bytes);
      first.enter();
    }
  }
}
