/** Opens one person's engine on this device. */
import { fetchLeftBehind, settleLeftBehind } from '../api/left-behind';
import { signOut } from '../api/session';
import { adoptUnsent } from '../data/adopt';
import type { Account, Device, Engine, InspectionSummary, Proof } from '../data/api';
import { openChanges } from '../data/changes';
import { end, steady } from '../data/database';
import { EngineError } from '../data/errors';
import { Cell } from '../data/live';
import { mendSpoilt, settleSpoilt } from '../data/mend';
import { freeOriginals, verifyAll } from '../data/photos';
import { deletable } from '../data/receipts';
import { exportRescue } from '../data/rescue';
import { fillReserve, withReserve } from '../data/reserve';
import { databaseName, type FieldDatabase } from '../data/schema';
import { changeSetting } from '../data/settings';
import { Beginning } from './beginning';
import { Context } from './context';
import { Desk } from './desk';
import { signInHere } from './door';
import { photoAddress } from './photo-address';
import { readInspection } from './read';
import { Rerun } from './rerun';
import { renewCopy, sealAll, sealRest } from './sealing';
import { Sender } from './sender';
import { room } from './storage';
import { plainly, Travel } from './travel';
import { Underway } from './underway';
import { browserWorld, type World } from './world';

/** Works without a network. `newer_database`: this code is older than the data; offer `exportRescue(account.id, ...)`. */
export async function openEngine(
  person: { account: Account; device: Device; key?: Uint8Array | null },
  given: Partial<World> = {},
): Promise<Engine> {
  const world = { ...browserWorld(), ...given };
  const db = await world.openDatabase(person.account.id, person.key ?? null);
  await takePlace(db, person, world.newId);
  const changes = openChanges(databaseName(person.account.id));
  const engine = new FieldEngine(new Context(db, world, changes, person.account, person.device));
  await engine.start();
  return engine;
}

/** Whose database this is, and under which device they now write. */
async function takePlace(
  db: FieldDatabase,
  { account, device }: { account: Account; device: Device },
  newId: () => string,
): Promise<void> {
  // A full disk must not keep anybody out: nothing is written that stands there already, and the rest has the reserve.
  await withReserve(db, [db.settings, db.operations], async () => {
    await changeSetting(db, 'account', account);
    await changeSetting(db, 'device', device);
    await adoptUnsent(db, device.id, newId);
  });
}

class FieldEngine implements Engine {
  readonly inspections = new Cell<InspectionSummary[]>([]);
  readonly #summaries = new Map<string, InspectionSummary>();
  readonly #dirty = new Set<string>();
  readonly #reading = new Rerun(() => this.#read());
  readonly #desk: Desk;
  readonly #travel: Travel;
  readonly #sender: Sender;
  /** what is on its way to the disk */
  readonly #underway: Underway;

  constructor(private readonly context: Context) {
    this.#underway = new Underway(context.world.later);
    const beginning = new Beginning(context, () => this.#sender.offline);
    this.#desk = new Desk(context, (inspection) => this.#wrote(inspection), beginning);
    this.#travel = new Travel(context, (inspection) => this.#wrote(inspection));
    this.#sender = new Sender(context, () => this.inspections.get());
  }

  get account(): Account {
    return this.context.account;
  }

  get device(): Device {
    return this.context.device;
  }

  get sealed(): boolean {
    return this.context.db.ring.key !== null;
  }

  async seal(key: Uint8Array): Promise<void> {
    this.context.db.ring.key = key;
    await sealAll(this.context.db, this.account.id);
    await this.#changed(null);
  }

  get status() {
    return this.#sender.status;
  }

  get spoilt() {
    return this.#sender.spoilt;
  }

  settleSpoilt: Engine['settleSpoilt'] = async (id) => {
    await settleSpoilt(this.context.db, id);
    await this.#changed(null);
  };

  async start(): Promise<void> {
    const { db, changes, world } = this.context;
    changes.listen((inspection) => void this.#changed(inspection).catch(() => undefined));
    await mendSpoilt(db, this.account, this.device);
    db.mend = async () => {
      await mendSpoilt(db, this.account, this.device);
      this.context.changes.tell(null);
    };
    await fillReserve(db, world.reserveSlots);
    await verifyAll(db);
    const taken = await steady(db, () => db.packages.toCollection().primaryKeys());
    for (const inspection of taken) await this.#summarise(inspection);
    await this.#sender.show();
    this.#sender.start();
    if (this.sealed) void sealRest(db, this.account.id).catch(() => undefined); // goes on at the next start
  }

  inspection = (id: string) => this.context.room(id).live;
  newId = () => this.context.world.newId();

  edit: Engine['edit'] = (...input) => this.#write(input[0], () => this.#desk.edit(...input));
  undo: Engine['undo'] = (inspection) => this.#write(inspection, () => this.#desk.undo(inspection));
  addPhoto: Engine['addPhoto'] = (...input) => this.#write(input[0], () => this.#desk.addPhoto(...input));
  sign: Engine['sign'] = (...input) => this.#write(input[0], () => this.#desk.sign(...input));
  close: Engine['close'] = (inspection) => this.#write(inspection, () => this.#desk.close(inspection));
  reopen: Engine['reopen'] = (inspection) => this.#write(inspection, () => this.#desk.reopen(inspection));
  decideLate: Engine['decideLate'] = (...input) =>
    this.#write(input[0], () => this.#desk.decideLate(...input));
  photoUrl: Engine['photoUrl'] = (sha256, size) => photoAddress(this.context.db, sha256, size);

  draft: Engine['draft'] = async (key) => {
    const { db } = this.context;
    return (await steady(db, () => db.drafts.get(key)))?.value ?? null;
  };

  keepDraft: Engine['keepDraft'] = async (key, value) => {
    const { db } = this.context;
    const write = (): PromiseLike<void> =>
      value === null ? db.drafts.delete(key) : db.drafts.put({ key, value }).then(() => undefined);
    await this.#underway.during(() => withReserve(db, [db.drafts], write));
  };

  leftBehind: Engine['leftBehind'] = () => plainly(() => fetchLeftBehind(this.context.world.transport));
  settleLeftBehind: Engine['settleLeftBehind'] = (device) =>
    plainly(() => settleLeftBehind(this.context.world.transport, device));
  packages: Engine['packages'] = () => this.#travel.packages();
  download: Engine['download'] = (inspection) => this.#travel.download(inspection);
  arrive: Engine['arrive'] = (inspection) => this.#travel.arrive(inspection);
  catalogue: Engine['catalogue'] = (edition) => this.#travel.catalogue(edition);

  sendNow: Engine['sendNow'] = async () => {
    await this.#sender.send(true);
    if (!this.#sender.stopped) await this.#changed(null);
  };

  async signIn(proof: Proof): Promise<void> {
    const { account, device, world } = this.context;
    const again = await signInHere(account.login, proof, device.name, world);
    if (again.account.id !== account.id) throw new EngineError('other_account');
    await takePlace(this.context.db, again, world.newId);
    this.context.device = again.device;
    void world.signedIn?.(account.id, again.device.id);
    const { key } = this.context.db.ring;
    if (key !== null) await renewCopy(world.transport, key);
    await this.sendNow();
  }

  async signOut(): Promise<void> {
    await plainly(() => signOut(this.context.world.transport));
  }

  async prune(): Promise<number> {
    const { db } = this.context;
    const { photos, photoBytes, receipts, operations, settings, spoilt } = db;
    const tables = [photos, photoBytes, receipts, operations, settings, spoilt];
    return withReserve(db, tables, async () => freeOriginals(db, await deletable(db)));
  }

  exportRescue: Engine['exportRescue'] = async (passphrase) => {
    const { db } = this.context;
    const file = await exportRescue(this.account.id, passphrase, db.ring.key);
    await db.mend(); // it reads on a connection of its own
    return file;
  };
  storage: Engine['storage'] = () => room();

  async stop(): Promise<void> {
    await this.#sender.stop();
    // A form that goes with the engine saves in this moment.
    await this.#underway.ended();
    this.context.changes.stop();
    for (const open of this.context.rooms.values()) open.leave();
    end(this.context.db);
  }

  /** As the one writer of the inspection; the lock is held until the last save of a form has ended. */
  #write<T>(inspection: string, work: () => Promise<T>): Promise<T> {
    const room = this.context.room(inspection);
    const asWriter = (): Promise<T> => room.mustWrite().then(work);
    return this.#underway.during(() => room.held(() => this.#sender.writing(asWriter)));
  }

  async #wrote(inspection: string): Promise<void> {
    this.#sender.saved();
    await this.context.rooms.get(inspection)?.refresh();
    this.context.changes.tell(inspection);
  }

  /** Changes that come while the last ones are being read are read together. */
  #changed(inspection: string | null): Promise<void> {
    for (const id of inspection === null ? this.#summaries.keys() : [inspection]) this.#dirty.add(id);
    return this.#reading.ask();
  }

  /** One that cannot be read holds up no other, and is still to be read. */
  async #read(): Promise<void> {
    const errors: unknown[] = [];
    for (const id of [...this.#dirty]) await this.#readOne(id).catch((error) => errors.push(error));
    await this.#sender.show();
    if (errors.length > 0) throw errors[0];
  }

  async #readOne(id: string): Promise<void> {
    this.#dirty.delete(id);
    try {
      await this.context.rooms.get(id)?.refresh();
      await this.#summarise(id);
    } catch (error) {
      this.#dirty.add(id);
      throw error;
    }
  }

  async #summarise(inspection: string): Promise<void> {
    const { summary } = await readInspection(this.context.db, inspection);
    if (summary === null) return;
    this.#summaries.set(inspection, summary);
    this.inspections.set([...this.#summaries.values()]);
  }
}
