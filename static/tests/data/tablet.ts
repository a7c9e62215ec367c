/** A tablet on a line that does as it is told: the real engine on a database that survives kills. */
import type { Account, Device, Engine, Package } from '../../src/data/api';
import { FieldDatabase } from '../../src/data/schema';
import { pageLocks } from '../../src/engine/locks';
import { openEngine } from '../../src/engine/open';
import type { World } from '../../src/engine/world';
import type { Transport } from '../../src/sync/ports';
import { sha256 } from '../../src/worker/hash';
import { counted } from '../simulation/random';
import { verifyInNode } from '../simulation/signatures';
import { smallJpeg } from '../simulation/small';
import { problem, type SimulatedServer } from '../simulation/twin/server';

/** Tablets of the tests seal their rows, as the product does. */
export const KEY = new Uint8Array(32).map((_, at) => at * 7 + 1);
export const INSPECTION = '11111111-0000-7000-8000-000000000001';

export interface Surroundings {
  server: SimulatedServer;
  clock: () => number;
  random: () => number;
}

export interface Line {
  transport: Transport;
  signedOut: boolean;
  /** what is sent arrives, no answer to it comes back */
  lost: boolean;
  dead: boolean;
}

const NEVER = new Promise<never>(() => undefined);

function openLine(server: SimulatedServer, account: string, clock: () => number): Line {
  const line: Line = {
    signedOut: false,
    lost: false,
    dead: false,
    transport: async (request) => {
      if (line.dead) return NEVER;
      if (line.signedOut) return problem(401, 'signed_out');
      const answer = server.handle(request, account, clock());
      if (line.lost && request.path === '/api/v1/sync') throw new TypeError('Failed to fetch');
      return line.dead ? NEVER : answer;
    },
  };
  return line;
}

export class Tablet {
  engine!: Engine;
  line!: Line;
  readonly db: FieldDatabase;
  readonly #newId: () => string;

  constructor(
    readonly account: Account,
    readonly device: Device,
    number: number,
    private readonly around: Surroundings,
  ) {
    this.#newId = counted(number);
    this.db = new FieldDatabase(account.id, KEY);
  }

  async start(world: Partial<World> = {}): Promise<void> {
    const { server, clock, random } = this.around;
    this.line = openLine(server, this.account.id, clock);
    this.engine = await openEngine(
      { account: this.account, device: this.device, key: KEY },
      {
        transport: this.line.transport,
        clock,
        random,
        newId: this.#newId,
        verify: verifyInNode,
        locks: pageLocks(),
        readPicture: fakePicture,
        promised: async () => true,
        reserveSlots: 0,
        sealedOnly: false,
        triggers: () => ({ saved: () => undefined, stop: () => undefined }),
        ...world,
      },
    );
  }

  /** Memory is gone, the disk stays; what was on its way may or may not have arrived. */
  kill(): void {
    this.line.dead = true;
    void this.engine.stop();
  }

  async takeAlong(): Promise<void> {
    await this.db.packages.put({
      inspection: INSPECTION,
      package: packageFor(this.around.server),
      downloadedAt: 0,
    });
  }
}

const fakePicture: World['readPicture'] = async (bytes) => {
  if (bytes.length === 0) return { ok: false, code: 'retake', detail: 'empty' };
  const picture = {
    sha256: await sha256(bytes),
    type: 'image/jpeg',
    width: 4000,
    height: 3000,
    takenAt: null,
    position: null,
    thumbnail: smallJpeg(bytes),
  };
  return { ok: true, picture };
};

export function packageFor(server: SimulatedServer): Package {
  const { leader, members, staff } = server.team;
  const line = (account: string, role: string) => ({ account, name: account, role, external: false });
  const team = [
    { ...line(leader, 'leader'), scores: members.includes(leader) },
    ...members.filter((who) => who !== leader).map((who) => line(who, 'member')),
    ...staff.map((who) => line(who, 'staff')),
  ];
  const visit = { date: '2026-11-23', date_end: null, team };
  const rest = { tender: {}, contract: {}, edition: 'demo-mixed', history: [] };
  return { inspection: INSPECTION, version: 1, phase: 'released', role: 'member', visit, ...rest };
}
