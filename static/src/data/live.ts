import type { Live } from './api';

/** A value that tells its listeners when it is replaced. */
export class Cell<T> implements Live<T> {
  readonly #listeners = new Set<(value: T) => void>();

  constructor(
    private value: T,
    private readonly watched: { first(): void; last(): void } | null = null,
  ) {}

  get(): T {
    return this.value;
  }

  set(value: T): void {
    this.value = value;
    for (const listener of [...this.#listeners]) listener(value);
  }

  get subscribers(): number {
    return this.#listeners.size;
  }

  subscribe(listener: (value: T) => void): () => void {
    const own = (value: T): void => listener(value);
    this.#listeners.add(own);
    listener(this.value);
    if (this.#listeners.size === 1) this.watched?.first();
    return () => this.#stop(own);
  }

  #stop(listener: (value: T) => void): void {
    if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.watched?.last();
  }
}
