/** The door before a tablet's data: PIN, lock, forgotten PIN; on the real store and the real crypto of the browser. */
import 'fake-indexeddb/auto';
import { type DOMWrapper, flushPromises, mount, type VueWrapper } from '@vue/test-utils';
import Dexie from 'dexie';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createMemoryHistory, type Router } from 'vue-router';
import App from '../../src/App.vue';
import { databaseName, FieldDatabase } from '../../src/data/schema';
import { isSealed } from '../../src/data/seal';
import {
  changePin,
  type Engine,
  keepAtWork,
  knownPeople,
  lockOf,
  openEngine,
  personAtWork,
  recoverKey,
  setPin,
  signInHere,
  unlock,
} from '../../src/engine';
import { pageLocks } from '../../src/engine/locks';
import type { HttpReply, HttpRequest } from '../../src/sync/ports';
import { browserEntrance } from '../../src/ui/app/entrance';
import { createFieldRouter } from '../../src/ui/app/router';
import { strengthOf } from '../../src/ui/core/pin-strength';
import { createSession, type Entrance, SESSION_KEY, type Session } from '../../src/ui/core/session';
import { json, problem, RECEIPT_KEY } from '../simulation/twin/server';
import { settled } from './stage';

const PIN = '314159';
const ACCOUNT = { id: 'a1', login: 'wang', name: '王查核', roles: ['inspector'], agency: null };
const SECOND = { ...ACCOUNT, id: 'a2', login: 'lin', name: '林查核' };

/** As much of the server as the door needs; `line` false: no network. */
class Office {
  line = true;
  account = ACCOUNT;
  /** the code of the second step, for who has one */
  code: string | null = null;
  revoked = new Set<string>();
  readonly keys = new Map<string, string[]>();
  readonly asked: string[] = [];
  device = '';

  transport = async (request: HttpRequest): Promise<HttpReply> => {
    if (!this.line) throw new TypeError('Failed to fetch');
    this.asked.push(`${request.method} ${request.path}`);
    const body = request.body === undefined ? {} : JSON.parse(String(request.body));
    if (request.method === 'DELETE') return json(204, null);
    if (request.path === '/api/v1/session') return this.#session(body);
    if (request.path === '/api/v1/device-key') return this.#keep(body.key);
    if (request.path === '/api/v1/device-key/release')
      return body.password === 'secret'
        ? json(200, { keys: this.keys.get(this.device) ?? [] })
        : problem(401, 'bad_credentials');
    return problem(401, 'signed_out');
  };

  #session(sent: { password: string; code?: string; device: { id: string } }): HttpReply {
    const { password, code, device } = sent;
    if (this.revoked.has(device.id)) return problem(401, 'device_revoked');
    if (password !== 'secret') return problem(401, 'bad_credentials');
    if (this.code !== null && code === undefined) return problem(401, 'second_step_required');
    if (this.code !== null && code !== this.code) return problem(401, 'bad_code');
    this.device = device.id;
    const server_time = '2026-11-23T00:00:00Z';
    return json(200, { account: this.account, device, epoch: 'e', server_time, receipt_key: RECEIPT_KEY });
  }

  async #keep(key: string): Promise<HttpReply> {
    const bytes = Uint8Array.from(key.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    const { fingerprintOf } = await import('../../src/data/pin');
    const kept = this.keys.get(this.device) ?? [];
    if (!kept.includes(key)) this.keys.set(this.device, [key, ...kept]);
    return json(200, { fingerprint: fingerprintOf(bytes) });
  }
}

let office: Office;
let ids = 0;
let shown: { wrapper: VueWrapper; session: Session; router: Router }[] = [];

const world = () => ({
  transport: office.transport,
  clock: Date.now,
  newId: () => `d0000000-0000-7000-8000-${String(++ids).padStart(12, '0')}`,
});

const entrance = (): Entrance => ({
  ...browserEntrance,
  async open(login, key) {
    const person = (await knownPeople()).find((it) => it.login === login);
    const inside = {
      ...world(),
      random: () => 0.5,
      locks: pageLocks(),
      promised: async () => true,
      reserveSlots: 0,
      triggers: () => ({ saved: () => undefined, stop: () => undefined }),
    };
    return person?.account
      ? openEngine({ account: person.account, device: person.device, key }, inside)
      : null;
  },
  async signIn(login, password, deviceName) {
    return { login, lastSignIn: 1, ...(await signInHere(login, password, deviceName, world())) };
  },
  recover: (person, password) => recoverKey(person, password, world()),
  setPin: (account, pin, key) => setPin(account, pin, key, world()),
  changePin: (account, old, pin) => changePin(account, old, pin),
  signedIn: () => undefined,
});

/** The app, as it starts in a tab. */
async function start(path = '/visits') {
  const session = createSession(entrance());
  const history = createMemoryHistory();
  history.replace(path);
  const router = createFieldRouter(history, session);
  const wrapper = mount(App, {
    attachTo: document.body,
    global: { plugins: [router], provide: { [SESSION_KEY as symbol]: session } },
  });
  const tab = { wrapper, session, router };
  shown.push(tab);
  await settled();
  return tab;
}

async function end(): Promise<void> {
  for (const { wrapper, session } of shown) {
    wrapper.unmount();
    await session.engine.value?.stop();
  }
  shown = [];
  await settled(2);
}

beforeEach(async () => {
  office = new Office();
});
afterEach(async () => {
  await end();
  await keepAtWork(null);
  await Dexie.delete('inspect-app-people');
  await Dexie.delete(databaseName(ACCOUNT.id));
  await Dexie.delete(databaseName(SECOND.id));
  document.body.innerHTML = '';
});

const title = (wrapper: VueWrapper): string => wrapper.get('h1').text();
const button = (wrapper: VueWrapper, text: string): DOMWrapper<Element> => {
  const found = wrapper.findAll('button, a').find((it) => it.text() === text);
  if (found === undefined) throw new Error(`no ${text}: ${wrapper.text()}`);
  return found;
};
const shows = (wrapper: VueWrapper, text: string): Promise<void> =>
  vi.waitFor(() => expect(wrapper.text()).toContain(text), { timeout: 50_000, interval: 20 });

async function submit(wrapper: VueWrapper, fields: Record<string, string>): Promise<void> {
  for (const [id, value] of Object.entries(fields)) await wrapper.get(`[id=${id}]`).setValue(value);
  await wrapper.get('form').trigger('submit');
  await flushPromises();
}

/** First sign-in on this tablet, with a PIN. */
async function firstTime() {
  const tab = await start();
  await shows(tab.wrapper, '登入工程查核');
  await submit(tab.wrapper, { login: 'wang', password: 'secret', device: 'iPad' });
  await shows(tab.wrapper, '設定開啟密碼');
  await submit(tab.wrapper, { 'new-pin': PIN, 'pin-again': PIN });
  await shows(tab.wrapper, '我的查核');
  return tab;
}

async function again(pin: string) {
  const tab = await start();
  await shows(tab.wrapper, '輸入開啟密碼');
  await submit(tab.wrapper, { pin });
  return tab;
}

describe('the first sign-in', () => {
  test('asks for a PIN; the server has the key before the first row is sealed, and every row is', async () => {
    const { session } = await firstTime();
    expect(session.engine.value?.sealed).toBe(true);
    expect(office.asked.slice(0, 2)).toEqual(['POST /api/v1/session', 'PUT /api/v1/device-key']);
    const raw = await new Dexie(databaseName(ACCOUNT.id)).open();
    const rows = await raw.table('settings').toArray();
    raw.close();
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(isSealed)).toBe(true);
    expect(JSON.stringify(await lockOf(ACCOUNT.id))).not.toContain(PIN);
  });

  test('asks for the code of the second step where there is one, also when the PIN is forgotten', async () => {
    office.code = '287082';
    const { wrapper } = await start();
    await submit(wrapper, { login: 'wang', password: 'secret', device: 'iPad' });
    await shows(wrapper, '請再輸入手機驗證器上的驗證碼');
    await submit(wrapper, { 'second-step': '000000' });
    await shows(wrapper, '驗證碼不正確');
    expect(wrapper.get<HTMLInputElement>('#second-step').element.value).toBe('');
    await submit(wrapper, { 'second-step': '287082' });
    await shows(wrapper, '設定開啟密碼');
    await submit(wrapper, { 'new-pin': PIN, 'pin-again': PIN });
    await shows(wrapper, '我的查核');
    await end();
    const door = (await start()).wrapper;
    await shows(door, '輸入開啟密碼');
    await button(door, '忘記開啟密碼').trigger('click');
    await submit(door, { 'door-password': 'secret' });
    await shows(door, '手機驗證器');
    await submit(door, { 'second-step': '287082' });
    await shows(door, '設定新的開啟密碼');
  });

  test('a PIN that is short or mistyped is told; without a line nothing is set, and they may go on without', async () => {
    const { wrapper, session } = await start();
    await submit(wrapper, { login: 'wang', password: 'secret', device: 'iPad' });
    await shows(wrapper, '設定開啟密碼');
    await submit(wrapper, { 'new-pin': '12345', 'pin-again': '12345' });
    expect(wrapper.get('[role=alert]').text()).toContain('至少 6 個字');
    await submit(wrapper, { 'new-pin': PIN, 'pin-again': '314150' });
    expect(wrapper.get('[role=alert]').text()).toContain('不一樣');
    office.line = false;
    await submit(wrapper, { 'new-pin': PIN, 'pin-again': PIN });
    await shows(wrapper, '連不到伺服器');
    expect(await lockOf(ACCOUNT.id)).toBeNull();
    await button(wrapper, '稍後再設').trigger('click');
    await shows(wrapper, '設定開啟密碼後才能下載');
    await expect(session.engine.value?.download('i1')).rejects.toMatchObject({ code: 'pin_wanted' });
    await expect(session.engine.value?.arrive('i1')).rejects.toMatchObject({ code: 'pin_wanted' });
  });

  test('what was there before is sealed by and by, and stays', async () => {
    const { wrapper, session } = await start();
    await submit(wrapper, { login: 'wang', password: 'secret', device: 'iPad' });
    await shows(wrapper, '設定開啟密碼');
    await button(wrapper, '稍後再設').trigger('click');
    await shows(wrapper, '設定開啟密碼後才能下載');
    await session.engine.value?.keepDraft('half', '半句話');
    await button(wrapper, '設定開啟密碼').trigger('click');
    await shows(wrapper, '再輸入一次');
    await submit(wrapper, { 'new-pin': PIN, 'pin-again': PIN });
    await vi.waitFor(async () => expect((await lockOf(ACCOUNT.id))?.swept).toBe(true), { timeout: 50_000 });
    expect(await session.engine.value?.draft('half')).toBe('半句話');
    const raw = await new Dexie(databaseName(ACCOUNT.id)).open();
    expect((await raw.table('drafts').toArray()).every(isSealed)).toBe(true);
    raw.close();
    expect(wrapper.text()).not.toContain('設定開啟密碼後才能下載');
  });
});

describe('at each start', () => {
  test('the PIN opens, without a network, at the place that was asked for', async () => {
    await firstTime();
    await end();
    office.line = false;
    const tab = await start('/sync');
    await shows(tab.wrapper, '輸入開啟密碼');
    expect(tab.wrapper.text()).not.toContain('傳送');
    await submit(tab.wrapper, { pin: PIN });
    await shows(tab.wrapper, '等待傳送');
    expect(tab.router.currentRoute.value.name).toBe('sync');
  });

  test('a wrong PIN says so, waits longer each time, and after ten only the password opens', async () => {
    await firstTime();
    await end();
    const { wrapper } = await again('000000');
    await shows(wrapper, '開啟密碼不對');
    let now = Date.now();
    const waits: number[] = [];
    for (let tries = 2; tries <= 10; tries += 1) {
      const lock = await lockOf(ACCOUNT.id);
      const { waitOf } = await import('../../src/engine');
      const wait = waitOf(lock as NonNullable<typeof lock>, lock?.lastTry ?? 0);
      waits.push(wait / 1000);
      now = (lock?.lastTry ?? 0) + wait;
      if (wait > 0)
        await expect(unlock(ACCOUNT.id, PIN, now - 1)).rejects.toMatchObject({ code: 'pin_wait' });
      await expect(unlock(ACCOUNT.id, '000000', now)).rejects.toMatchObject({
        code: tries === 10 ? 'pin_blocked' : 'wrong_pin',
      });
    }
    expect(waits).toEqual([0, 0, 5, 15, 30, 60, 120, 300, 600]);
    await expect(unlock(ACCOUNT.id, PIN, now + 1e9)).rejects.toMatchObject({ code: 'pin_blocked' });
    await end();
    const next = await start();
    await shows(next.wrapper, '開啟密碼錯了 10 次');
    expect(next.wrapper.find('[id=pin]').exists()).toBe(false);
    await submit(next.wrapper, { 'door-password': 'secret' });
    await shows(next.wrapper, '再輸入一次');
  });

  test('a clock that was put back holds nobody up for longer than the wait itself', async () => {
    const { waitOf } = await import('../../src/engine');
    expect(waitOf({ tries: 4, lastTry: 1e12 }, 1e12 - 1e9)).toBe(15_000);
    expect(waitOf({ tries: 4, lastTry: 1e12 }, 1e12 + 16_000)).toBe(0);
  });
});

const NEW_PIN = 'new pin 2';

test('who has few tries left reads how many, and what comes after the last', async () => {
  await firstTime();
  await end();
  for (let tries = 1; tries <= 5; tries += 1)
    await expect(unlock(ACCOUNT.id, '000000', tries * 3_600_000)).rejects.toMatchObject({
      code: 'wrong_pin',
    });
  const { wrapper } = await start();
  await shows(wrapper, '還可以試 5 次，之後要連上網路用登入密碼開啟。');
});

test('the rescue page names the field at fault, spends no try on a short passphrase, and waits as the door does', async () => {
  await firstTime();
  await end();
  const { wrapper } = await start('/rescue');
  await shows(wrapper, '密語');
  await vi.waitFor(() => expect(wrapper.find('[id=rescue-pin]').exists()).toBe(true), { timeout: 50_000 });
  const marked = (): string[] =>
    wrapper.findAll('[aria-invalid=true]').map((it) => it.attributes('id') ?? '');
  await submit(wrapper, { 'rescue-pin': '000000', passphrase: 'short' });
  await shows(wrapper, '密語至少 8 個字');
  expect(marked()).toEqual(['passphrase']);
  expect((await lockOf(ACCOUNT.id))?.tries).toBe(0);
  await submit(wrapper, { passphrase: 'correct horse' });
  await shows(wrapper, '開啟密碼不對');
  expect(marked()).toEqual(['rescue-pin']);
  for (let tries = 2; tries <= 10; tries += 1)
    await unlock(ACCOUNT.id, '000000', Date.now() + tries * 3_600_000).catch(() => undefined);
  await end();
  const next = await start('/rescue');
  await shows(next.wrapper, '開啟密碼錯了 10 次');
  expect(next.wrapper.find('[id=rescue-pin]').exists()).toBe(false);
});

describe('another PIN at will', () => {
  const fields = (old: string, pin = NEW_PIN, repeated = pin) => ({
    'old-pin': old,
    'new-pin': pin,
    'pin-again': repeated,
  });
  async function atTheForm() {
    const tab = await firstTime();
    await tab.session.engine.value?.keepDraft('half', '半句話');
    office.line = false;
    await button(tab.wrapper, '變更開啟密碼').trigger('click');
    await shows(tab.wrapper, '現在的開啟密碼');
    return tab;
  }

  test('asks for the old one; without a network the new one opens from then on, over the same rows', async () => {
    const { wrapper } = await atTheForm();
    // The pass over older rows ends by and by, and says so in the lock.
    await vi.waitFor(async () => expect((await lockOf(ACCOUNT.id))?.swept).toBe(true), { timeout: 50_000 });
    const before = await lockOf(ACCOUNT.id);
    await submit(wrapper, fields(PIN));
    await shows(wrapper, '我的查核');
    const after = await lockOf(ACCOUNT.id);
    expect(after).toMatchObject({ fingerprint: before?.fingerprint, swept: before?.swept, tries: 0 });
    await end();
    const next = await again(PIN);
    await shows(next.wrapper, '開啟密碼不對');
    await submit(next.wrapper, { pin: NEW_PIN });
    await shows(next.wrapper, '我的查核');
    expect(await next.session.engine.value?.draft('half')).toBe('半句話');
  });

  test('a wrong old one counts as at the door; what is short or mistyped spends no try', async () => {
    const { wrapper } = await atTheForm();
    await submit(wrapper, fields(PIN, '12345'));
    await shows(wrapper, '至少 6 個字');
    await submit(wrapper, fields(PIN, NEW_PIN, 'other'));
    await shows(wrapper, '兩次輸入的不一樣');
    expect((await lockOf(ACCOUNT.id))?.tries).toBe(0);
    for (const tries of [1, 2, 3]) {
      await submit(wrapper, fields('000000'));
      await vi.waitFor(async () => expect((await lockOf(ACCOUNT.id))?.tries).toBe(tries), {
        timeout: 50_000,
      });
      await shows(wrapper, '開啟密碼不對');
      await settled();
    }
    await shows(wrapper, '秒再試');
    await expect(changePin(ACCOUNT.id, PIN, NEW_PIN)).rejects.toMatchObject({ code: 'pin_wait' });
    await expect(changePin(ACCOUNT.id, PIN, '12345')).rejects.toMatchObject({ code: 'pin_too_short' });
  });

  test('a cut at the write leaves the old one', async () => {
    await firstTime();
    const put = IDBObjectStore.prototype.put;
    let writes = 0;
    const cut = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
      this: IDBObjectStore,
      value,
      key,
    ) {
      // The try, the try forgotten, then the new lock.
      if (this.name === 'locks' && ++writes === 3) this.transaction.abort();
      return put.call(this, value, key);
    });
    await expect(changePin(ACCOUNT.id, PIN, NEW_PIN)).rejects.toThrow();
    cut.mockRestore();
    expect(writes).toBe(3);
    await expect(unlock(ACCOUNT.id, NEW_PIN)).rejects.toMatchObject({ code: 'wrong_pin' });
    expect(await unlock(ACCOUNT.id, PIN)).toHaveLength(32);
  });

  test.each([
    ['123456', 'weak', '6 個字，只有數字'],
    ['８４７２０３９', 'weak', '7 個字，只有數字'],
    ['aaaaaaaaaaaaaaaa', 'weak', '16 個字，只有小寫字母'],
    ['8472039175', 'fair', '10 個字，只有數字'],
    ['q7mz2k', 'fair', '6 個字，數字、小寫字母'],
    ['q7mz2kv94c', 'strong', '10 個字，數字、小寫字母'],
    ['水溝蓋板厚十二公分半', 'strong', '10 個字，只有其他字元'],
  ])('%s is told as %s', (pin, level, made) => {
    expect(strengthOf(pin)).toEqual({ level, made });
  });
});

describe('a forgotten PIN', () => {
  test('the password brings the key back, a new PIN opens, the old one no more, nothing is lost', async () => {
    const { session } = await firstTime();
    await session.engine.value?.keepDraft('half', '半句話');
    const before = await lockOf(ACCOUNT.id);
    await end();
    const { wrapper, session: next } = await start();
    await shows(wrapper, '輸入開啟密碼');
    await button(wrapper, '忘記開啟密碼').trigger('click');
    await submit(wrapper, { 'door-password': 'wrong' });
    await vi.waitFor(() => expect(wrapper.find('[role=alert]').exists()).toBe(true), { timeout: 50_000 });
    await submit(wrapper, { 'door-password': 'secret' });
    await shows(wrapper, '再輸入一次');
    expect(next.engine.value).toBeNull();
    await submit(wrapper, { 'new-pin': NEW_PIN, 'pin-again': NEW_PIN });
    await shows(wrapper, '我的查核');
    expect(await next.engine.value?.draft('half')).toBe('半句話');
    expect((await lockOf(ACCOUNT.id))?.fingerprint).toBe(before?.fingerprint);
    await expect(unlock(ACCOUNT.id, PIN)).rejects.toMatchObject({ code: 'wrong_pin' });
    expect(await unlock(ACCOUNT.id, NEW_PIN)).toHaveLength(32);
  });

  test('a revoked device gets no key; whoever has shown the password may try the PIN again', async () => {
    await firstTime();
    await end();
    const [person] = await knownPeople();
    if (person === undefined) throw new Error('nobody');
    for (let tries = 0; tries < 10; tries += 1)
      await unlock(ACCOUNT.id, '000000', Date.now() + tries * 1e6).catch(() => undefined);
    office.revoked.add(person.device.id);
    await expect(recoverKey(person, 'secret', world())).rejects.toMatchObject({ code: 'device_revoked' });
    const [renewed] = await knownPeople();
    await expect(recoverKey(renewed ?? person, 'secret', world())).rejects.toMatchObject({ code: 'no_key' });
    expect(await unlock(ACCOUNT.id, PIN)).toHaveLength(32);
  });

  test('never another key over the first: a second tab that is too late is told', async () => {
    await firstTime();
    const first = await lockOf(ACCOUNT.id);
    await expect(setPin(ACCOUNT.id, '271828', null, world())).rejects.toMatchObject({ code: 'pin_exists' });
    expect((await lockOf(ACCOUNT.id))?.wrapped).toBe(first?.wrapped);
  });

  test('an answer that is not our server’s sets no PIN', async () => {
    await signInHere('wang', 'secret', 'iPad', world());
    const portal = { transport: async () => json(200, { fingerprint: 'ok' }) };
    await expect(setPin(ACCOUNT.id, PIN, null, portal)).rejects.toMatchObject({ code: 'not_our_server' });
    expect(await lockOf(ACCOUNT.id)).toBeNull();
  });
});

test.each([
  ['crypto', { getRandomValues: (bytes: Uint8Array) => bytes }, '請改用 https://'],
  ['indexedDB', undefined, '封閉模式'],
])('a browser without %s is told what to do, and no password is asked for', async (name, value, sentence) => {
  vi.stubGlobal(name, value);
  const { wrapper } = await start('/sign-in');
  await shows(wrapper, sentence);
  expect(wrapper.find('#password').exists()).toBe(false);
  vi.unstubAllGlobals();
});

describe('the lock', () => {
  test('covers the screen by one tap; the page beneath stays as it was, and goes on after the PIN', async () => {
    const { wrapper, session } = await firstTime();
    const { engine } = session;
    const before = engine.value;
    await button(wrapper, '鎖定').trigger('click');
    await shows(wrapper, '輸入開啟密碼');
    const beneath = wrapper.get('[inert]').element as HTMLElement;
    expect(beneath.style.display).toBe('none');
    expect(engine.value).toBe(before);
    await submit(wrapper, { pin: '000000' });
    await shows(wrapper, '開啟密碼不對');
    await submit(wrapper, { pin: PIN });
    await vi.waitFor(() => expect(session.door.value).toBeNull(), { timeout: 50_000 });
    expect(beneath.style.display).toBe('');
    expect(engine.value).toBe(before);
  });

  test('somebody else may sign in: what was open is closed, not shown', async () => {
    const { wrapper, session } = await firstTime();
    await session.lock();
    await shows(wrapper, '輸入開啟密碼');
    await button(wrapper, '換人登入').trigger('click');
    await shows(wrapper, '登入工程查核');
    await vi.waitFor(() => expect(session.engine.value).toBeNull(), { timeout: 50_000 });
    expect(wrapper.text()).not.toContain('我的查核');
    await shows(wrapper, '輸入開啟密碼繼續');
    await button(wrapper, '輸入開啟密碼繼續').trigger('click');
    await vi.waitFor(() => expect(title(wrapper)).toBe('輸入開啟密碼'), { timeout: 50_000 });
  });

  test('without a network a second person of the tablet takes over by their own PIN', async () => {
    const { wrapper, session } = await firstTime();
    const leave = async (): Promise<void> => {
      await session.lock();
      await shows(wrapper, '輸入開啟密碼');
      await button(wrapper, '換人登入').trigger('click');
      await shows(wrapper, '登入工程查核');
    };
    await leave();
    office.account = SECOND;
    await submit(wrapper, { login: 'lin', password: 'secret', device: 'iPad' });
    await shows(wrapper, '設定開啟密碼');
    await submit(wrapper, { 'new-pin': '271828', 'pin-again': '271828' });
    await shows(wrapper, '我的查核');
    office.line = false;
    await leave();
    await vi.waitFor(() => button(wrapper, '王查核'), { timeout: 50_000 });
    await button(wrapper, '王查核').trigger('click');
    await shows(wrapper, '王查核的資料在這台裝置上');
    await button(wrapper, '用開啟密碼開啟').trigger('click');
    await vi.waitFor(() => expect(title(wrapper)).toBe('輸入開啟密碼'), { timeout: 50_000 });
    await submit(wrapper, { pin: '271828' });
    await shows(wrapper, '開啟密碼不對');
    expect(session.engine.value).toBeNull();
    await submit(wrapper, { pin: PIN });
    await shows(wrapper, '我的查核');
    expect(session.engine.value?.account.id).toBe(ACCOUNT.id);
    expect(await personAtWork()).toBe('wang');
  });

  test('a tab that was open before the first PIN asks for it, keeps its form, and writes sealed rows from then on', async () => {
    const one = await start();
    await submit(one.wrapper, { login: 'wang', password: 'secret', device: 'iPad' });
    await shows(one.wrapper, '設定開啟密碼');
    await button(one.wrapper, '稍後再設').trigger('click');
    await shows(one.wrapper, '我的查核');
    const other = await start();
    await shows(other.wrapper, '我的查核');
    await other.session.engine.value?.keepDraft('half', '半句話');
    await one.session.askForPin();
    await shows(one.wrapper, '再輸入一次');
    await submit(one.wrapper, { 'new-pin': PIN, 'pin-again': PIN });
    await shows(other.wrapper, '輸入開啟密碼');
    await submit(other.wrapper, { pin: PIN });
    await vi.waitFor(() => expect(other.session.door.value).toBeNull(), { timeout: 50_000 });
    expect(other.session.engine.value?.sealed).toBe(true);
    expect(await other.session.engine.value?.draft('half')).toBe('半句話');
    await other.session.engine.value?.keepDraft('more', '再半句');
    const locked = new FieldDatabase(ACCOUNT.id);
    await expect(locked.drafts.get('more')).rejects.toMatchObject({ code: 'locked' });
    locked.close();
  });
});

describe('signing out', () => {
  test('ends the session, closes what was open, and shows nothing of it', async () => {
    const { wrapper, session, router } = await firstTime();
    const engine = session.engine.value as Engine;
    const stopped = vi.spyOn(engine, 'stop');
    await button(wrapper, '登出').trigger('click');
    await shows(wrapper, '登入工程查核');
    await vi.waitFor(() => expect(session.engine.value).toBeNull(), { timeout: 50_000 });
    expect(office.asked).toContain('DELETE /api/v1/session');
    expect(stopped).toHaveBeenCalled();
    await router.push('/visits');
    await shows(wrapper, '登入工程查核');
  });

  test('without a network it is told, and nobody is shut out of what they have here', async () => {
    const { wrapper, session } = await firstTime();
    office.line = false;
    await button(wrapper, '登出').trigger('click');
    await shows(wrapper, '沒有登出');
    expect(title(wrapper)).toBe('我的查核');
    expect(session.engine.value).not.toBeNull();
    await end();
    const { wrapper: next } = await again(PIN);
    await shows(next, '我的查核');
  });
});
