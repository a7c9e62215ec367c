/** Work that has begun and has not ended. */
export class Underway {
  readonly #works = new Set<Promise<unknown>>();

  constructor(private readonly later: (work: () => void) => void) {}

  async during<T>(begin: () => Promise<T>): Promise<T> {
    const work = begin();
    this.#works.add(work);
    try {
      return await work;
    } finally {
      this.#works.delete(work);
    }
  }

  get isIdle(): boolean {
    return this.#works.size === 0;
  }

  /** Resolves when everything has ended, also what begins in this moment or when the work before it has ended. */
  async ended(): Promise<void> {
    do {
      await Promise.allSettled(this.#works);
      await new Promise<void>((resolve) => this.later(resolve));
    } while (!this.isIdle);
  }
}
