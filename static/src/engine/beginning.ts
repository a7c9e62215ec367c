/**
 * No offline start where the browser does not promise to keep data (fault 4): a private window, or storage that the system
 * may clear. What was begun goes on, whatever the browser says, and everything that is here stays readable and is sent.
 */
import { steady } from '../data/database';
import { EngineError } from '../data/errors';
import type { Context } from './context';

export class Beginning {
  readonly #begun = new Set<string>();

  constructor(
    private readonly context: Context,
    private readonly offline: () => boolean,
  ) {}

  /** Raises `storage_not_promised`, nothing written. */
  async allow(inspection: string): Promise<void> {
    if (this.#begun.has(inspection) || !this.offline()) return;
    if (await this.#isBegun(inspection)) this.#begun.add(inspection);
    else if (!(await this.context.world.promised())) throw new EngineError('storage_not_promised');
  }

  /** Whether anything of this person is here already. */
  async #isBegun(inspection: string): Promise<boolean> {
    const { db, account } = this.context;
    const rows = await steady(db, () => db.operations.where('inspection').equals(inspection).toArray());
    return rows.some((row) => row.operation.author === account.id);
  }
}
