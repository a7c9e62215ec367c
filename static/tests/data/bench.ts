/** One tablet with a good line, for tests of the engine. */

import type { Engine, InspectionState } from '../../src/data/api';
import { FieldDatabase } from '../../src/data/schema';
import { openEngine } from '../../src/engine/open';
import type { World } from '../../src/engine/world';
import { SimulatedServer } from '../simulation/twin/server';
import { INSPECTION, Tablet } from './tablet';

let count = 0;

export interface Bench {
  server: SimulatedServer;
  tablet: Tablet;
  clock: { now: number };
  engine: Engine;
  /** another tablet of the same team, on the same server */
  another(who: 'leader' | 'member' | 'staff', world?: Partial<World>): Promise<Tablet>;
  end(): Promise<void>;
}

export const ACCOUNTS = (run: number) => {
  const id = (number: number): string =>
    `a${run.toString(16).padStart(7, '0')}-0000-7000-8000-00000000000${number}`;
  return { leader: id(1), member: id(2), staff: id(3) };
};

export async function bench(
  who: 'leader' | 'member' | 'staff' = 'leader',
  world: Partial<World> = {},
): Promise<Bench> {
  const run = ++count;
  const people = ACCOUNTS(run);
  const server = new SimulatedServer({
    leader: people.leader,
    members: [people.leader, people.member],
    staff: [people.staff],
  });
  const clock = { now: Date.parse('2026-11-23T02:00:00Z') };
  const tablets: Tablet[] = [];

  async function another(role: 'leader' | 'member' | 'staff', more: Partial<World> = {}): Promise<Tablet> {
    const number = tablets.length + 1;
    const id = people[role];
    const account = { id, login: role, name: role, roles: ['inspector'], agency: null };
    const device = { id: `d000000${number}-0000-7000-8000-000000000000`, name: 'tablet' };
    const tablet = new Tablet(account, device, number, { server, clock: () => clock.now, random: () => 0.5 });
    await tablet.start(more);
    await tablet.takeAlong();
    tablets.push(tablet);
    return tablet;
  }

  const tablet = await another(who, world);
  const end = async (): Promise<void> => {
    for (const it of tablets) {
      await it.engine.stop();
      await it.db.delete();
    }
  };
  return { server, tablet, clock, engine: tablet.engine, another, end };
}

/** Waits until the state satisfies; a test that waits in vain fails by its time-out. */
export async function until(
  engine: Engine,
  satisfied: (state: InspectionState) => boolean = () => true,
): Promise<InspectionState> {
  return new Promise((resolve) => {
    let stop: (() => void) | null = null;
    const room = engine.inspection(INSPECTION);
    stop = room.subscribe((state) => {
      if (state === null || !satisfied(state)) return;
      resolve(state);
      queueMicrotask(() => stop?.());
    });
  });
}

export { FieldDatabase, INSPECTION, openEngine };
