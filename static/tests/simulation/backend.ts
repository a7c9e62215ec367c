/** The server of a story: the twin, the real one over a pipe, or both, each held to the other's answers. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Operation, Team } from '../../src/domain/operations';
import type { HttpReply, HttpRequest } from '../../src/sync/ports';
import { type Kill, Killed, problem, reply } from './twin/answers';
import { SimulatedServer } from './twin/server';

export interface Manner {
  cut?: number | null;
  kill?: Kill | null;
  signedOut?: boolean;
}

export interface LogLine {
  operation: Operation;
  n: number;
  stamp: string;
  received: number;
  status: string;
}

export interface ServerState {
  epoch: string;
  log: LogLine[];
  aside: { id: string; device: string; seq: number; code: string }[];
  /** hash -> whether the stored bytes still have it */
  photos: Record<string, boolean>;
  /** lines of the audit log; null where there is none */
  audit: number | null;
  sheetsOpen: boolean;
  alarms: string[];
}

export interface Setting {
  inspection: string;
  accounts: string[];
  devices: string[];
}

/** `request` answers null when the server died before it could. */
export interface Backend {
  readonly setting: Setting;
  request(request: HttpRequest, person: number, now: number, manner: Manner): Promise<HttpReply | null>;
  reset(): Promise<void>;
  backup(): Promise<void>;
  putBack(silently: boolean): Promise<void>;
  clean(now: number): Promise<void>;
  cure(): Promise<void>;
  state(): Promise<ServerState>;
  /** what `audit verify` finds wrong; the twin keeps no audit log */
  evidence(): Promise<string[]>;
  end(): void;
}

export const teamOf = ({ accounts }: Setting): Team => ({
  leader: accounts[0] as string,
  members: accounts,
  staff: [],
});

const uuid = (kind: string, number: number): string =>
  `${kind}${number.toString(16).padStart(7, '0')}-0000-7000-8000-00000000000a`;

export const TWIN_SETTING: Setting = {
  inspection: uuid('a', 5),
  accounts: [uuid('a', 1), uuid('a', 2)],
  devices: [1, 2].map((number) => `d000000${number}-0000-7000-8000-000000000000`),
};

export class Twin implements Backend {
  /** requests that it was asked */
  rounds = 0;
  #server!: SimulatedServer;
  #backup: ReturnType<SimulatedServer['snapshot']> | null = null;

  constructor(readonly setting: Setting = TWIN_SETTING) {
    this.#begin();
  }

  #begin(): void {
    const { accounts, devices } = this.setting;
    const own = Object.fromEntries(accounts.map((account, at) => [account, devices[at] as string]));
    this.#server = new SimulatedServer(teamOf(this.setting), 7, own);
    this.#backup = this.#server.snapshot();
  }

  async request(
    request: HttpRequest,
    person: number,
    now: number,
    manner: Manner,
  ): Promise<HttpReply | null> {
    this.rounds += 1;
    // As from another process: what else runs on the tablet has come to rest before the answer is there.
    await new Promise((resolve) => setImmediate(resolve));
    if (manner.signedOut) return manner.kill ? null : problem(401, 'signed_out');
    try {
      const answer = this.#server.handle(request, this.setting.accounts[person] as string, now, manner);
      // Fewer durable points than the kill waited for: it strikes before the answer leaves.
      return manner.kill ? null : answer;
    } catch (error) {
      if (error instanceof Killed) return null;
      throw error;
    }
  }

  async reset(): Promise<void> {
    this.#begin();
  }

  /** All that decides its next answers. */
  get inside(): unknown {
    return [this.#server, this.#backup];
  }

  /** Another one in the same state, that goes its own way. */
  fork(): Twin {
    const other = new Twin(this.setting);
    other.#server = this.#server.fork();
    other.#backup = this.#backup;
    return other;
  }

  async backup(): Promise<void> {
    this.#backup = this.#server.snapshot();
  }

  async putBack(silently: boolean): Promise<void> {
    if (this.#backup !== null) this.#server.restore(this.#backup, silently);
  }

  async clean(now: number): Promise<void> {
    this.#server.photos.clean(now);
    this.#server.losePhotos();
  }

  async cure(): Promise<void> {
    this.#server.poison = null;
  }

  async state(): Promise<ServerState> {
    const { log, refused, photos, epoch, alarms } = this.#server;
    return {
      epoch,
      log: log.map(({ received, ...rest }) => ({ ...rest, received: Date.parse(received) })),
      aside: [...refused.values()].map(({ operation: { id, device, seq }, code }) => ({
        id,
        device,
        seq,
        code,
      })),
      photos: Object.fromEntries([...photos.originals.keys()].map((hash) => [hash, true])),
      audit: null,
      sheetsOpen: this.#server.operations.sheetsOpen,
      alarms: [...alarms],
    };
  }

  async evidence(): Promise<string[]> {
    return [];
  }

  end(): void {
    // Nothing runs.
  }
}

interface RealState {
  epoch: string;
  log: { id: string; n: number; stamp: string; received: number; status: string; body: string }[];
  aside: ServerState['aside'];
  photos: Record<string, boolean>;
  audit: number;
  sheetsOpen: boolean;
}

/** `python -m tests.simulation.server`, one line in, one line out. */
export class Real implements Backend {
  readonly #waiting: ((line: string) => void)[] = [];
  readonly #child;
  #backups = 0;

  private constructor(python: string, root: string) {
    this.#child = spawn(python, ['-m', 'tests.simulation.server'], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#waiting.shift()?.(line));
    this.#child.on('exit', () => {
      for (const waiting of this.#waiting.splice(0)) waiting('{"gone": true}');
    });
  }

  setting!: Setting;

  static async start(python: string, root: string): Promise<Real> {
    const real = new Real(python, root);
    real.setting = (await real.#line()) as Setting;
    return real;
  }

  #line(): Promise<unknown> {
    return new Promise((resolve, reject) =>
      this.#waiting.push((line) => {
        const value = JSON.parse(line) as { gone?: boolean };
        if (value.gone) reject(new Error('the server over the pipe is gone'));
        else resolve(value);
      }),
    );
  }

  #ask<T>(question: object): Promise<T> {
    const answer = this.#line();
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    return answer as Promise<T>;
  }

  async request(
    request: HttpRequest,
    person: number,
    now: number,
    manner: Manner,
  ): Promise<HttpReply | null> {
    const { body, method, path, headers } = request;
    const carried =
      body instanceof Uint8Array ? { bytes: Buffer.from(body).toString('base64') } : { text: body ?? '' };
    const kill = manner.kill ? [manner.kill.when, manner.kill.nth] : null;
    const rest = { cut: manner.cut ?? null, kill, signed_out: manner.signedOut ?? false };
    const told = await this.#ask<{
      killed?: boolean;
      status: number;
      headers: Record<string, string>;
      text: string;
    }>({ do: 'request', account: person, method, path, headers, now, ...carried, ...rest });
    return told.killed ? null : reply(told.status, told.text, told.headers);
  }

  async reset(): Promise<void> {
    this.#backups = 0;
    await this.#ask({ do: 'reset' });
    await this.backup();
  }

  async backup(): Promise<void> {
    await this.#ask({ do: 'backup' });
    this.#backups += 1;
  }

  async putBack(silently: boolean): Promise<void> {
    await this.#ask({ do: 'put_back', backup: this.#backups - 1, epoch: !silently });
  }

  async clean(now: number): Promise<void> {
    await this.#ask({ do: 'clean', now });
  }

  async cure(): Promise<void> {
    await this.#ask({ do: 'cure' });
  }

  async state(): Promise<ServerState> {
    const { log, ...rest } = await this.#ask<RealState>({ do: 'state' });
    const lines = log.map(({ body, ...line }) => ({ ...line, operation: JSON.parse(body) as Operation }));
    return { ...rest, log: lines, alarms: rest.aside.filter(reused).map((it) => `id_reused ${it.id}`) };
  }

  evidence(): Promise<string[]> {
    return this.#ask<string[]>({ do: 'evidence' });
  }

  end(): void {
    this.#child.stdin.end();
  }
}

const reused = ({ code }: { code: string }): boolean => code === 'id_reused';
