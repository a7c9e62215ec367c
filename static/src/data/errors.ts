/** A failure the screens can name; they switch on `code`. `retryAfter` in seconds where the server gave one. */
export class EngineError extends Error {
  constructor(
    readonly code: string,
    readonly field: string | null = null,
    readonly detail: string | null = null,
  ) {
    super(field === null ? code : `${code}: ${field}`);
    this.name = 'EngineError';
  }
}
