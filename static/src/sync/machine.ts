/**
 * One run of the sync: who am I, text out and in, photos, the text that waited for photos, receipts. Transport, clock,
 * store and chance are arguments, so that a simulation runs this very code.
 */
import type { ProblemCode } from '../data/api';
import { backOff } from './backoff';
import { type Appetite, exchangeAll, hearty, timeoutFor } from './exchange';
import type { Clock, ExclusiveLock, Random, SyncStore, Transport, VerifySignature } from './ports';
import { sendPreviews } from './previews';
import { judge, showReceipt } from './receipt';
import { askJson, Halt, Rejected } from './reply';
import { type Chunk, firstChunk, uploadPhoto } from './upload';
import { type Receipt, receiptShape, type Session, sessionShape } from './wire';

export interface World {
  account: string;
  transport: Transport;
  clock: Clock;
  store: SyncStore;
  random: Random;
  exclusive: ExclusiveLock;
  verify: VerifySignature;
}

export interface Report {
  problem: ProblemCode | null;
  /** not before this moment, unless a person asks */
  notBefore: number;
  /** server minus device, when the server was heard */
  clockOffset: number | null;
}

export class SyncMachine {
  #failures = 0;
  #notBefore = 0;
  #clockOffset: number | null = null;
  #problem: ProblemCode | null = null;
  /** somebody else is signed in here */
  #stranger = false;
  readonly #appetite: Appetite = hearty();
  readonly #chunk: Chunk = firstChunk();

  constructor(private readonly world: World) {}

  get report(): Report {
    return { problem: this.#problem, notBefore: this.#notBefore, clockOffset: this.#clockOffset };
  }

  /** Runs to the end or to the first obstacle. `eager` (a person asked, the line came back) ignores the back-off. */
  async run(eager = false): Promise<Report> {
    if (!eager && this.world.clock() < this.#notBefore) return this.report;
    const outcome = await this.world.exclusive(() => this.#once(eager));
    return outcome === 'busy' ? this.report : outcome;
  }

  async #once(eager: boolean): Promise<Report> {
    try {
      if (eager) await this.world.store.unpark();
      await this.#everything();
      this.#succeeded();
    } catch (error) {
      this.#failed(error);
    }
    return this.report;
  }

  async #everything(): Promise<void> {
    await this.#whoAmI().catch((error) => this.#partingWords(error));
    await this.#sendAll();
    await this.#receipts();
    // A receipt may ask for something again: that goes at once, and the next receipt says whether it is there now.
    if (!(await this.#anythingToSend())) return;
    await this.#sendAll();
    await this.#receipts();
  }

  /** Text first, small pictures, then originals, and the text that waited for these. */
  async #sendAll(): Promise<void> {
    await this.#text();
    await this.#previews();
    if (await this.#photos()) await this.#text();
  }

  async #anythingToSend(): Promise<boolean> {
    const { store, clock } = this.world;
    return (await store.hasText(clock())) || (await store.nextUpload(clock())) !== null;
  }

  /** One person's session never sends another's queue. */
  async #whoAmI(): Promise<void> {
    const headers = { 'x-device-clock': String(this.world.clock()) };
    const request = { method: 'GET', path: '/api/v1/session', headers, timeout: timeoutFor(0) } as const;
    this.#stranger = false;
    const session = await this.#ask<Session>(request, sessionShape);
    this.#stranger = session.account.id !== this.world.account;
    if (this.#stranger) throw new Halt('signed_out');
    const offset = Date.parse(session.server_time) - this.world.clock();
    this.#clockOffset = Number.isFinite(offset) ? offset : null;
    await this.world.store.keepSession(session);
  }

  /** A disabled account is signed out for everything but this: the server parks its work for a person to look at. */
  async #partingWords(error: unknown): Promise<never> {
    const signedOut = error instanceof Halt && error.problem === 'signed_out';
    if (signedOut && !this.#stranger && (await this.world.store.hasText(this.world.clock())))
      await this.#text();
    throw error;
  }

  async #text(): Promise<void> {
    const { store, transport, clock } = this.world;
    await exchangeAll({ store, transport, clock, appetite: this.#appetite });
  }

  /** One after another, one in memory; returns whether there was any. */
  async #photos(): Promise<boolean> {
    const { store, transport, clock } = this.world;
    const line = { store, transport, clock, chunk: this.#chunk, between: () => this.#lighter() };
    let any = false;
    for (let job = await store.nextUpload(clock()); job !== null; job = await store.nextUpload(clock())) {
      await uploadPhoto(line, job);
      await this.#lighter();
      any = true;
    }
    return any;
  }

  /** What came up meanwhile and goes before the next heavy bytes. */
  async #lighter(): Promise<void> {
    if (await this.world.store.hasText(this.world.clock())) await this.#text();
    await this.#previews();
  }

  #previews(): Promise<void> {
    return sendPreviews(this.world.store, this.world.transport);
  }

  async #receipts(): Promise<void> {
    for (const inspection of await this.world.store.receiptsDue(this.world.clock()))
      await this.#receipt(inspection);
  }

  async #receipt(inspection: string): Promise<void> {
    const { store, verify, clock } = this.world;
    const manifest = await store.manifest(inspection);
    const path = `/api/v1/inspections/${inspection}/receipt?device=${manifest.device}`;
    try {
      const request = { method: 'GET', path, timeout: timeoutFor(0) } as const;
      const receipt = await askJson<Receipt>(this.world.transport, request, receiptShape);
      const verdict = await judge(receipt, manifest, verify);
      await store.keepReceipt(inspection, receipt, verdict, clock());
      if (verdict.matches) await this.#earlier(inspection);
    } catch (error) {
      // No receipt for this one (yet): the others' still count, and nothing is freed without.
      if (!(error instanceof Rejected)) throw error;
    }
  }

  /** After a restore, once all is there again: what the server lost keeps the moment at which it first received it. */
  async #earlier(inspection: string): Promise<void> {
    const { store, transport } = this.world;
    for (const receipt of await store.earlierReceipts(inspection)) {
      await showReceipt(transport, inspection, receipt);
      await store.earlierShown(inspection, receipt.signature);
    }
  }

  async #ask<T>(request: Parameters<Transport>[0], shape: Parameters<typeof askJson>[2]): Promise<T> {
    try {
      return await askJson<T>(this.world.transport, request, shape);
    } catch (error) {
      throw error instanceof Rejected ? new Halt('server_busy') : error;
    }
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#notBefore = 0;
    this.#problem = null;
  }

  #failed(error: unknown): void {
    const halt = error instanceof Halt ? error : null;
    if (halt === null && !isStorage(error)) throw error;
    this.#failures += 1;
    this.#problem = halt?.problem ?? 'storage_full';
    this.#notBefore =
      this.world.clock() + backOff(this.#failures, halt?.retryAfter ?? null, this.world.random);
  }
}

const isStorage = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 'storage_full';
