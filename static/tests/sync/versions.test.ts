// @vitest-environment node
/** Apps and servers of different versions: what was frozen by an older app, and what a newer server or colleague says. */
import 'fake-indexeddb/auto';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OperationRow } from '../../src/data/rows';
import {
  contentHash,
  digest,
  entityOf,
  type Frontier,
  type Operation,
  operationText,
  present,
  shownValue,
} from '../../src/domain/operations';
import { STEPS } from '../../src/domain/operations/versions';
import type { HttpReply, HttpRequest } from '../../src/sync/ports';
import { type Bench, bench, INSPECTION, until } from '../data/bench';
import { vectors } from '../domain/vectors';
import { json, problem } from '../simulation/twin/server';

const FINDING = 'f0000000-0000-7000-8000-000000000001';
const COLLEAGUES = 'f0000000-0000-7000-8000-000000000002';
interface Expected {
  text: string;
  content_hash: string;
  present: Operation;
}
const [OLD] = vectors<{ operation: Operation }, Expected>('versions');

const renamed = <T>(patch: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(patch).map(([name, it]) => [name === 'wording' ? 'text' : name, it]));

beforeEach(() => {
  STEPS.set(0, (it) => ({ ...it, set: renamed(it.set), base: renamed(it.base) }));
});
let opened: Bench | null = null;
afterEach(async () => {
  STEPS.clear();
  await opened?.end();
  opened = null;
});

test('an old operation is read as the server reads it', () => {
  const { input, expected } = OLD as NonNullable<typeof OLD>;
  expect(operationText(input.operation)).toBe(expected.text);
  expect(contentHash(input.operation)).toBe(expected.content_hash);
  expect(present(input.operation)).toEqual(expected.present);
  expect(present({ ...input.operation, schema: 7 }).schema).toBe(7);
});

describe('the app was updated while work of the older one waited', () => {
  /** What the older app left on the disk: one operation frozen and perhaps sent, one still a draft. */
  async function left({ tablet, engine }: Bench): Promise<string> {
    const operation = {
      ...(OLD as NonNullable<typeof OLD>).input.operation,
      inspection: INSPECTION,
      author: engine.account.id,
      device: engine.device.id,
    };
    const text = operationText(operation);
    const rest = {
      n: null,
      stamp: null,
      received: null,
      status: null,
      code: null,
      tries: 1,
      notBefore: 0,
      photos: [],
    };
    const { id, inspection, device } = operation;
    await tablet.db.operations.put({
      id,
      inspection,
      device,
      seq: 1,
      state: 'offered',
      operation,
      text,
      ...rest,
    });
    const draft = { ...operation, id: `${id.slice(0, -1)}9`, seq: 0, entity_id: COLLEAGUES };
    await tablet.db.operations.put({
      ...rest,
      id: draft.id,
      inspection,
      device,
      seq: 0,
      state: 'draft',
      operation: draft,
      text: null,
    });
    return text;
  }

  test('what was frozen goes byte for byte, is accepted, and a receipt covers it', async () => {
    opened = await bench('leader');
    const { tablet, engine, server } = opened;
    const text = await left(opened);
    const bodies: string[] = [];
    const honest = tablet.line.transport;
    await engine.stop();
    await tablet.start({
      transport: async (request) => {
        if (request.path === '/api/v1/sync') bodies.push(String(request.body));
        return honest(request);
      },
    });
    const state = await until(tablet.engine);
    expect(shownValue(entityOf(state.fold, 'finding', FINDING), 'text')).toBe('舊版寫的，𠮷');
    await tablet.engine.sendNow();
    expect(bodies.some((body) => body.includes(`[${text}`))).toBe(true);
    expect(server.log[0]).toMatchObject({ text, status: 'applied' });
    expect(tablet.engine.status.get()).toMatchObject({ waiting: 0, problem: null, safe: 'safe' });
    await tablet.engine.edit(INSPECTION, 'finding', FINDING, { text: '新版改的' });
    await tablet.engine.sendNow();
    expect(server.log.at(-1)?.operation).toMatchObject({
      schema: 1,
      base: { text: server.log[0]?.operation.id },
    });
    expect(shownValue(entityOf(server.fold(INSPECTION), 'finding', FINDING), 'text')).toBe('新版改的');
  });

  test('a draft of the older app takes further edits in the present form', async () => {
    opened = await bench('leader');
    const { engine, tablet, server } = opened;
    await left(opened);
    await engine.edit(INSPECTION, 'finding', COLLEAGUES, { severity: 'M' });
    const rows = await tablet.db.operations.toArray();
    expect(rows).toHaveLength(2);
    await engine.sendNow();
    const sent = server.log.find(({ operation }) => operation.entity_id === COLLEAGUES)?.operation;
    expect(sent).toMatchObject({ schema: 1, set: { kind: 'defect', text: '舊版寫的，𠮷', severity: 'M' } });
  });

  test('signing covers what was frozen as it was frozen', async () => {
    opened = await bench('leader');
    const { engine, server } = opened;
    await left(opened);
    await engine.sign(INSPECTION, { name: '龍', role: '領隊', strokes: 'M0 0' });
    await engine.sendNow();
    const operations = server.log.map((entry) => entry.operation);
    const signature = operations.find((it) => it.entity === 'signature') as Operation;
    const { frontier, digest: told } = signature.set as unknown as { frontier: Frontier; digest: string };
    expect(operations.filter((it) => it.schema === 0)).toHaveLength(2);
    expect(told).toBe(digest(operations, frontier));
  });
});

describe('the server and a colleague are newer', () => {
  const extended = (reply: HttpReply): HttpReply => {
    const body = JSON.parse(reply.text) as Record<string, unknown>;
    const wider = (it: unknown) => ({ ...(it as object), tomorrow: { any: ['thing'] } });
    for (const name of ['results', 'operations', 'sheets'])
      if (Array.isArray(body[name])) body[name] = body[name].map(wider);
    return json(reply.status, wider(body));
  };

  /** A newer colleague's operation, as the newer server hands it on. */
  const newer = (author: string) => ({
    ...(OLD as NonNullable<typeof OLD>).expected.present,
    id: '0193a1b2-0000-7000-8000-00000000b001',
    device: 'd0000009-0000-7000-8000-000000000000',
    inspection: INSPECTION,
    entity_id: COLLEAGUES,
    author,
    schema: 2,
    set: { phrase: '下一版寫的' },
    base: { phrase: null },
  });

  test('answers with more in them are understood; what cannot be read yet is kept, said, and covered', async () => {
    opened = await bench('leader');
    const { engine, tablet, server } = opened;
    const honest = tablet.line.transport;
    let given = false;
    await engine.stop();
    await tablet.start({
      transport: async (request: HttpRequest) => {
        const reply = await honest(request);
        if (request.path !== '/api/v1/sync' || given) return reply;
        given = true;
        const body = JSON.parse(reply.text) as { operations: object[] };
        const added = {
          n: 99,
          stamp: '0193a1b2c3d4-0000',
          received: '2026-11-23T02:00:00Z',
          status: 'applied',
        };
        body.operations.push({ ...newer(server.team.members[1] as string), ...added });
        return extended(json(200, body));
      },
    });
    await tablet.engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await tablet.engine.sendNow();
    expect(tablet.engine.status.get()).toMatchObject({ waiting: 0, problem: null });
    const row = (await tablet.db.operations.get(newer('').id)) as OperationRow;
    expect(operationText(row.operation)).toBe(operationText(newer(server.team.members[1] as string)));
    const { fold } = await until(tablet.engine, (state) => state.fold.log.length === 2);
    expect(fold.refused).toEqual({ [row.id]: 'unknown_schema' });
    expect(entityOf(fold, 'finding', COLLEAGUES)).toBeNull();
    await tablet.engine.close(INSPECTION);
    const closed = (await until(tablet.engine)).fold.log.find((it) => it.operation.entity === 'closing');
    expect(closed?.operation.set.frontier).toMatchObject({ [row.device]: row.seq });
  });

  test('a server that no longer takes this version is told apart; everything waits for the update', async () => {
    opened = await bench('leader');
    const { engine, tablet } = opened;
    await engine.stop();
    await tablet.start({
      transport: async (request) =>
        request.path === '/api/v1/sync' ? problem(422, 'unknown_schema') : tablet.line.transport(request),
    });
    await tablet.engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await tablet.engine.sendNow();
    expect(tablet.engine.status.get()).toMatchObject({ waiting: 1, problem: 'update_needed' });
    expect((await tablet.db.operations.toArray())[0]).toMatchObject({ state: 'offered', tries: 0 });
  });
});
