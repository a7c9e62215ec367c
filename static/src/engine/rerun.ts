/**
 * Work that never runs twice at once. Asked for while it runs, it runs once more, so that no asking is answered by a look
 * that was older than it. Fails as the run failed that answers the asking.
 */
export class Rerun {
  #running: Promise<void> | null = null;
  #asked = false;

  constructor(private readonly work: () => Promise<void>) {}

  ask(): Promise<void> {
    this.#asked = true;
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#asked) {
        this.#asked = false;
        await this.work();
      }
    } finally {
      // In one breath with the last look at `#asked`: whoever asks from here on starts anew.
      this.#running = null;
    }
  }
}
