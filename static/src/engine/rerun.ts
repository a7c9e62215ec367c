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

  /** Whoever asked meanwhile is answered by a run of their own. */
  #failed(error: unknown): void {
    if (!this.#asked) throw error;
  }

  async #run(): Promise<void> {
    try {
      while (this.#asked) {
        this.#asked = false;
        await this.work().catch((error) => this.#failed(error));
      }
    } finally {
      // In one breath with the last look at `#asked`: whoever asks from here on starts anew.
      this.#running = null;
    }
  }
}
