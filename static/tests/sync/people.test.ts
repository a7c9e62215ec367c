// @vitest-environment node
import 'fake-indexeddb/auto';

import { afterEach, describe, expect, test } from 'vitest';
import { entityOf } from '../../src/domain/operations';
import { knownPeople, signInHere } from '../../src/engine';
import { type Bench, bench, INSPECTION } from '../data/bench';
import { json, problem, RECEIPT_KEY } from '../simulation/twin/server';

const FINDING = 'f0000000-0000-7000-8000-000000000001';
let opened: Bench | null = null;
afterEach(async () => {
  await opened?.end();
  opened = null;
});

describe('whose session sends', () => {
  test('another person’s session sends nothing of mine and judges nothing', async () => {
    opened = await bench('leader');
    const { engine, server, tablet } = opened;
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    const own = tablet.line.transport;
    const stranger = server.team.members[1] as string;
    await tablet.engine.stop();
    await tablet.start({
      transport: async (request) => server.handle(request, stranger, opened?.clock.now ?? 0),
    });
    await tablet.engine.sendNow();
    expect(server.log).toEqual([]);
    expect(server.refused.size).toBe(0);
    expect(tablet.engine.status.get()).toMatchObject({ waiting: 1, signedIn: false, problem: 'signed_out' });
    await tablet.engine.stop();
    await tablet.start({ transport: own });
    await tablet.engine.sendNow();
    expect(server.log).toHaveLength(1);
  });

  test('the server tells how far this clock is behind it, and that a right one is right', async () => {
    opened = await bench('leader');
    const { engine, server, tablet, clock } = opened;
    await engine.sendNow();
    expect(Math.abs(engine.status.get().clockOffset ?? Number.NaN)).toBeLessThan(60_000);
    await engine.stop();
    const leader = tablet.account.id;
    await tablet.start({ transport: async (request) => server.handle(request, leader, clock.now + 900_000) });
    await tablet.engine.sendNow();
    expect(Math.abs((tablet.engine.status.get().clockOffset ?? 0) - 900_000)).toBeLessThan(60_000);
  });

  test('signed out in the field: everything is kept, and goes after signing in', async () => {
    opened = await bench('leader');
    const { engine, server, tablet } = opened;
    tablet.line.signedOut = true;
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await engine.sendNow();
    expect(engine.status.get()).toMatchObject({ waiting: 1, signedIn: false });
    tablet.line.signedOut = false;
    await engine.sendNow();
    expect(engine.status.get()).toMatchObject({ waiting: 0, signedIn: true, safe: 'safe' });
    expect(server.log).toHaveLength(1);
  });

  test('a disabled account’s work is parked on the server, not dropped', async () => {
    opened = await bench('leader');
    const { engine, tablet } = opened;
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'a' });
    await engine.stop();
    await tablet.start({
      transport: async (request) => {
        if (request.path !== '/api/v1/sync') return problem(401, 'signed_out');
        const { operations } = JSON.parse(String(request.body)) as { operations: { id: string }[] };
        const results = operations.map(({ id }) => ({ id, status: 'quarantined', code: 'account_disabled' }));
        return json(200, { results, operations: [], cursor: '', more: false, epoch: 'epoch-1' });
      },
    });
    await tablet.engine.sendNow();
    const [row] = await tablet.db.operations.toArray();
    expect(row).toMatchObject({ state: 'quarantined', code: 'account_disabled' });
    expect(tablet.engine.status.get().problem).toBe('signed_out');
  });
});

describe('a revoked device', () => {
  test('what it had not handed over goes under the new one, once', async () => {
    opened = await bench('leader');
    const { engine, server, tablet } = opened;
    await engine.edit(INSPECTION, 'finding', FINDING, { kind: 'defect', text: 'a' });
    await engine.sendNow();
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'offered, the answer lost' });
    tablet.line.lost = true;
    await engine.sendNow();
    await engine.edit(INSPECTION, 'finding', FINDING, { text: 'never offered' });
    await engine.stop();
    tablet.device.id = 'd0000009-0000-7000-8000-000000000000';
    await tablet.start();
    await tablet.engine.sendNow();
    const fold = server.fold(INSPECTION);
    expect(tablet.engine.status.get()).toMatchObject({ waiting: 0, problem: null });
    expect(entityOf(fold, 'finding', FINDING)?.fields.text).toMatchObject({
      value: 'never offered',
      others: [],
    });
    expect(server.alarms).toEqual([]);
    expect(
      fold.log.filter(({ operation }) => operation.device === tablet.device.id).map((it) => it.operation.seq),
    ).toEqual([1, 2]);
  });
});

describe('signing in', () => {
  const account = { id: 'a1', login: 'wang', name: '王', roles: ['inspector'], agency: null };
  let ids = 0;
  const newId = (): string => `d-${++ids}`;

  test('a person keeps their device; a revoked device is replaced', async () => {
    const devices: string[] = [];
    let revoked = false;
    const world = {
      clock: () => 5,
      newId,
      transport: async ({ body }: { body?: string | Uint8Array }) => {
        const { device } = JSON.parse(String(body)) as { device: { id: string } };
        devices.push(device.id);
        if (revoked) return problem(401, 'device_revoked');
        const session = {
          account,
          device,
          epoch: 'e',
          server_time: '2026-11-23T00:00:00Z',
          receipt_key: RECEIPT_KEY,
        };
        return json(200, session);
      },
    };
    const first = await signInHere('wang', 'secret', 'iPad', world);
    const again = await signInHere('wang', 'secret', 'iPad', world);
    expect(again).toEqual(first);
    revoked = true;
    await expect(signInHere('wang', 'secret', 'iPad', world)).rejects.toMatchObject({
      code: 'device_revoked',
    });
    revoked = false;
    const renewed = await signInHere('wang', 'secret', 'iPad', world);
    expect(renewed.device.id).not.toBe(first.device.id);
    expect(new Set(devices).size).toBe(2);
    expect((await knownPeople()).map((person) => person.login)).toEqual(['wang']);
    expect(JSON.stringify(await knownPeople())).not.toContain('secret');
  });

  test('a wrong password is told as such', async () => {
    const world = { clock: () => 5, newId, transport: async () => problem(401, 'bad_credentials') };
    await expect(signInHere('lin', 'wrong', 'iPad', world)).rejects.toMatchObject({
      code: 'bad_credentials',
    });
  });
});
