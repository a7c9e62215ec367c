/**
 * What an open page holds in memory, to be put into another page over the same disk. It reads private fields, which only
 * the bundle makes plain; whoever uses it compares the whole states afterwards (whole.ts), so that nothing can be forgotten.
 */
import type { Engine } from '../../src/data/api';

type Fields = Record<string, unknown>;
interface Cell {
  value: unknown;
}

/** Fields of an engine, by their names in the bundle. */
interface Inside {
  inspections: Cell;
  __summaries: Map<string, unknown>;
  __sender: { status: Cell; __machine: Fields };
  context: { photoRefused: boolean; rooms: Map<string, Room>; room(id: string): Room };
}

interface Room {
  cell: Cell;
  undo: unknown[];
  __release: unknown;
  __takeLock(): Promise<void>;
}

export interface Page {
  summaries: [string, unknown][];
  status: unknown;
  machine: [string, unknown][];
  photoRefused: boolean;
  rooms: { id: string; shown: unknown; undo: unknown[]; writes: boolean }[];
}

const inside = (engine: Engine): Inside => engine as unknown as Inside;
const copied = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? { ...value } : value;

/** Values in cells are replaced and never changed, so that they are kept as they are. */
export function pageOf(engine: Engine): Page {
  const { __summaries, __sender, context } = inside(engine);
  const machine = Object.entries(__sender.__machine).filter(([name]) => name !== 'world');
  return {
    summaries: [...__summaries],
    status: __sender.status.value,
    machine: machine.map(([name, value]) => [name, copied(value)]),
    photoRefused: context.photoRefused,
    rooms: [...context.rooms].map(([id, room]) => ({
      id,
      shown: room.cell.value,
      undo: [...room.undo],
      writes: room.__release !== null,
    })),
  };
}

export async function putInto(engine: Engine, page: Page): Promise<void> {
  const { inspections, __summaries, __sender, context } = inside(engine);
  for (const [id, summary] of page.summaries) __summaries.set(id, summary);
  inspections.value = [...__summaries.values()];
  __sender.status.value = page.status;
  for (const [name, value] of page.machine) __sender.__machine[name] = copied(value);
  context.photoRefused = page.photoRefused;
  for (const { id, shown, undo, writes } of page.rooms) {
    const room = context.room(id);
    if (writes) await room.__takeLock();
    room.cell.value = shown;
    room.undo.push(...undo);
  }
}
