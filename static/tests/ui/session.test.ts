import { expect, test } from 'vitest';
import type { Engine } from '../../src/engine';
import { createSession, type Entrance } from '../../src/ui/core/session';
import { entranceTo } from './stage';

test('two screens that go on with who was at work here open one engine between them', async () => {
  const opened: string[] = [];
  const engine = { account: { login: 'leader' } } as Engine;
  const entrance: Entrance = {
    ...entranceTo(engine),
    atWork: async () => 'leader',
    open: async (login) => {
      opened.push(login);
      return engine;
    },
  };
  const session = createSession(entrance);
  expect(await Promise.all([session.resume(), session.resume()])).toEqual([true, true]);
  expect(opened).toEqual(['leader']);
});

test('what could not be opened is tried again by the next who asks', async () => {
  let broken = true;
  const engine = { account: { login: 'leader' } } as Engine;
  const session = createSession({
    ...entranceTo(engine),
    atWork: async () => 'leader',
    open: async () => {
      if (broken) throw new Error('the disk');
      return engine;
    },
  });
  expect(await session.resume()).toBe(false);
  expect(session.failure.value).toBeInstanceOf(Error);
  broken = false;
  expect(await session.resume()).toBe(true);
  expect(session.failure.value).toBeNull();
});
