// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { backOff, parkFor } from '../../src/sync/backoff';
import type { HttpReply } from '../../src/sync/ports';
import { askForPerson, askJson, Halt, Rejected, retryAfter } from '../../src/sync/reply';
import { sessionShape, syncReply } from '../../src/sync/wire';
import { json, problem, reply } from '../simulation/twin/server';

const REQUEST = { method: 'GET', path: '/api/v1/sync', timeout: 1 } as const;
const EMPTY = { results: [], operations: [], cursor: 'c', more: false, epoch: 'e' };
const ask = (answer: HttpReply) => askJson(async () => answer, REQUEST, syncReply);

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'answered',
    (error: unknown) =>
      error instanceof Halt ? error.problem : error instanceof Rejected ? error.code : error,
  );
}

describe('what counts as an answer of our server', () => {
  test('the shape, in JSON', async () => {
    expect(await ask(json(200, EMPTY))).toEqual(EMPTY);
  });

  test.each([
    ['a portal’s page', reply(200, '<html>', { 'content-type': 'text/html' })],
    ['a portal’s page that calls itself JSON', reply(200, '<html>', { 'content-type': 'application/json' })],
    ['JSON of another shape', json(200, { ok: true })],
    ['JSON without a content type', reply(200, JSON.stringify(EMPTY), {})],
    ['a result without a status', json(200, { ...EMPTY, results: [{ id: 'x' }] })],
    ['an operation without a place', json(200, { ...EMPTY, operations: [{ id: 'x' }] })],
    ['a redirect', reply(302, '', { location: 'http://portal' })],
    ['204', reply(204, '', {})],
    ['401 that is no problem document', reply(401, 'portal', { 'content-type': 'text/html' })],
    ['404 of a proxy', reply(404, 'not here', { 'content-type': 'text/plain' })],
    ['511', reply(511, 'network authentication required', { 'content-type': 'text/html' })],
  ])('%s does not', async (_name, answer) => {
    expect(await failureOf(ask(answer))).toBe('not_our_server');
  });

  test.each([
    [problem(401, 'signed_out'), 'signed_out'],
    [problem(401, 'device_revoked'), 'device_revoked'],
    [problem(422, 'unknown_schema'), 'update_needed'],
    [problem(503, 'busy'), 'server_busy'],
    [problem(429, 'too_many'), 'server_busy'],
    [problem(507, 'storage_full'), 'server_busy'],
    [reply(502, '', {}), 'server_busy'],
    [problem(422, 'bad_value'), 'bad_value'],
    [problem(413, 'too_large'), 'too_large'],
    [reply(500, '<h1>', { 'content-type': 'text/html' }), 'server_error'],
  ])('%j means %s', async (answer, code) => {
    expect(await failureOf(ask(answer))).toBe(code);
  });

  test('no answer at all is no answer', async () => {
    const lost = askJson(() => Promise.reject(new TypeError('Failed to fetch')), REQUEST, syncReply);
    expect(await failureOf(lost)).toBe('unreachable');
  });

  test('a person hears the server’s own words, also from a locked door', async () => {
    const locked = problem(429, 'sign_in_locked');
    expect(await failureOf(askForPerson(async () => locked, REQUEST, sessionShape))).toBe('sign_in_locked');
    expect(
      await failureOf(askForPerson(async () => problem(401, 'bad_credentials'), REQUEST, sessionShape)),
    ).toBe('bad_credentials');
  });
});

describe('when to come back', () => {
  test('Retry-After in seconds and as a date', () => {
    expect(retryAfter(problem(503, 'busy', { 'retry-after': '30' }))).toBe(30);
    const dates = { 'retry-after': 'Mon, 23 Nov 2026 02:00:30 GMT', date: 'Mon, 23 Nov 2026 02:00:00 GMT' };
    expect(retryAfter(problem(503, 'busy', dates))).toBe(30);
    expect(retryAfter(problem(503, 'busy'))).toBeNull();
  });

  test('it doubles, is spread, has an end, and never comes before Retry-After', () => {
    const low = [1, 2, 3, 20].map((failures) => backOff(failures, null, () => 0));
    const high = [1, 2, 3, 20].map((failures) => backOff(failures, null, () => 1));
    expect(low).toEqual([1_000, 2_000, 4_000, 150_000]);
    expect(high).toEqual([2_000, 4_000, 8_000, 300_000]);
    expect(backOff(1, 120, () => 0)).toBe(120_000);
    expect(backOff(1, 10 * 86_400, () => 0)).toBe(3_600_000);
  });

  test('a parked item is tried less and less often', () => {
    expect([0, 1, 2, 9].map(parkFor)).toEqual([60_000, 240_000, 960_000, 21_600_000]);
  });
});
