import type { Account, Device } from '../data/api';
import type { Changes } from '../data/changes';
import { steady } from '../data/database';
import { EngineError } from '../data/errors';
import type { Writer } from '../data/log';
import type { FieldDatabase } from '../data/schema';
import { Room } from './rooms';
import { teamOf } from './team';
import type { World } from './world';

/** What the parts of one open engine share. */
export class Context {
  readonly rooms = new Map<string, Room>();
  /** the last photo found no room: told until one is saved again, or a person sends */
  photoRefused = false;

  constructor(
    readonly db: FieldDatabase,
    readonly world: World,
    readonly changes: Changes,
    readonly account: Account,
    /** another after the old one was revoked */
    public device: Device,
  ) {}

  room(inspection: string): Room {
    const known = this.rooms.get(inspection);
    if (known !== undefined) return known;
    const lock = `inspect-app/${this.account.id}/write/${inspection}`;
    const { locks, later } = this.world;
    const room = new Room(this.db, locks, later, lock, inspection);
    this.rooms.set(inspection, room);
    return room;
  }

  /** Who writes in this inspection, as the package says; `no_package` before it was taken along. */
  async writer(inspection: string): Promise<Writer> {
    const row = await steady(this.db, () => this.db.packages.get(inspection));
    if (row === undefined) throw new EngineError('no_package');
    const { clock, newId } = this.world;
    const team = teamOf(row.package);
    return { account: this.account.id, device: this.device.id, team, now: clock(), newId };
  }
}
