/** What comes along to the site: packages and editions; and whether there is room. */
import { announceArrival, fetchCatalogue, fetchChanges, fetchPackage, listPackages } from '../api/packages';
import { mustBe } from '../api/session';
import type { Catalogue, Package, PackageLine } from '../data/api';
import { steady } from '../data/database';
import { EngineError } from '../data/errors';
import { Halt, Rejected } from '../sync/reply';
import type { Context } from './context';

export class Travel {
  /** what the server called released since this page was opened */
  readonly #released = new Set<string>();

  constructor(
    private readonly context: Context,
    private readonly arrived: (inspection: string) => Promise<void>,
  ) {}

  packages(): Promise<PackageLine[]> {
    return plainly(async () => {
      await this.#mustBeTheirs();
      const lines = await listPackages(this.context.world.transport);
      for (const line of lines) if (line.phase === 'released') this.#released.add(line.inspection);
      return lines;
    });
  }

  async download(inspection: string): Promise<void> {
    this.#mustBeSealed();
    await plainly(async () => {
      await this.#mustBeTheirs();
      const { db, world } = this.context;
      const pack = (await this.#renewed(inspection)) ?? (await fetchPackage(world.transport, inspection));
      if (pack.inspection !== inspection) throw new Halt('not_our_server');
      // Before release no edition is named: it would tell about the work.
      if (pack.edition !== '') await this.#edition(pack.edition);
      await steady(db, () => db.packages.put({ inspection, package: pack, downloadedAt: world.clock() }));
      await this.arrived(inspection);
    });
  }

  async arrive(inspection: string): Promise<void> {
    this.#mustBeSealed();
    await plainly(async () => {
      await this.#mustBeTheirs();
      await announceArrival(this.context.world.transport, inspection);
    });
    this.#released.add(inspection);
    await this.download(inspection);
  }

  /** A shared tablet: somebody else may have signed in since, and their visits are not for these eyes. */
  #mustBeTheirs(): Promise<void> {
    const { world, account } = this.context;
    return mustBe(world.transport, account.id);
  }

  #mustBeSealed(): void {
    const { db, world } = this.context;
    if (world.sealedOnly && db.ring.key === null) throw new EngineError('pin_wanted');
  }

  /** From release on only what changed since the package held here. Before, nothing is said of what is held. */
  async #renewed(inspection: string): Promise<Package | null> {
    const { db, world } = this.context;
    const held = (await steady(db, () => db.packages.get(inspection)))?.package;
    if (held === undefined) return null;
    const released = held.phase === 'released' || this.#released.has(inspection);
    return released ? fetchChanges(world.transport, held) : null;
  }

  async catalogue(edition: string): Promise<Catalogue | null> {
    return (await steady(this.context.db, () => this.context.db.editions.get(edition))) ?? null;
  }

  /** An edition never changes: once is enough. */
  async #edition(id: string): Promise<void> {
    const { db, world } = this.context;
    if ((await this.catalogue(id)) !== null) return;
    const edition = await fetchCatalogue(world.transport, id);
    await steady(db, () => db.editions.put(edition));
  }
}

/** What went wrong on the line, as the screens know it. */
export async function plainly<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Halt) throw new EngineError(error.problem);
    if (error instanceof Rejected) throw new EngineError(error.code, error.field, error.detail);
    throw error;
  }
}
