/** The durable side of the sync machine. Every method is one strict transaction. */
import type { ExclusiveLock, Frozen, Held, PreviewJob, SyncStore, UploadJob } from '../sync/ports';
import type { Manifest, Verdict } from '../sync/receipt';
import type { Receipt, Session, SyncReply } from '../sync/wire';
import type { Changes } from './changes';
import { isQuota, type Tables, transact } from './database';
import { EngineError } from './errors';
import { holdsToTell } from './holds';
import { chooseOffer } from './offer';
import { nextPreview } from './previews';
import { due, keepReceipt, manifestOf } from './receipts';
import { withReserve } from './reserve';
import type { PhotoRow } from './rows';
import type { FieldDatabase } from './schema';
import { changeSetting, keepSetting, setting } from './settings';
import { settleReply } from './settle';

export type { ExclusiveLock };

/** Receipts stand as long as the key that they were judged by: under another they are fetched and judged anew. */
async function keepReceiptKey(db: FieldDatabase, key: string): Promise<void> {
  const known = await setting(db, 'receiptKey');
  if (known !== undefined && known !== key) await db.receipts.clear();
  await changeSetting(db, 'receiptKey', key);
}

const HOUR = 3_600_000;

/** Seldom, since nothing but the days of grace depends on it. */
async function keepServerTime(db: FieldDatabase, now: number): Promise<void> {
  const known = (await setting(db, 'serverTime')) ?? 0;
  if (Math.abs(now - known) >= HOUR) await keepSetting(db, 'serverTime', now);
}

export class DexieStore implements SyncStore {
  constructor(
    private readonly db: FieldDatabase,
    private readonly changes: Changes,
    private readonly account: string,
  ) {}

  async keepSession(session: Session): Promise<void> {
    if (session.account.id !== this.account) throw new EngineError('other_account');
    await this.#write([this.db.settings, this.db.receipts], async () => {
      const { agency = null } = session.account;
      await changeSetting(this.db, 'account', { ...session.account, agency });
      await keepReceiptKey(this.db, session.receipt_key);
      await keepServerTime(this.db, Date.parse(session.server_time));
    });
  }

  async position(sent: Frozen[]): ReturnType<SyncStore['position']> {
    const { settings, packages, operations, photos, spoilt } = this.db;
    return this.#read([settings, packages, operations, photos, spoilt], async () => {
      const device = await setting(this.db, 'device');
      const cursor = (await setting(this.db, 'cursor')) ?? null;
      const inspections = await this.db.packages.toCollection().primaryKeys();
      return { device: device?.id ?? '', cursor, inspections, holds: await holdsToTell(this.db, sent) };
    });
  }

  offer(limit: { count: number; bytes: number }, now: number): Promise<Frozen[]> {
    const { operations, photos, spoilt } = this.db;
    return this.#write([operations, photos, spoilt], () => chooseOffer(this.db, limit, now));
  }

  async settle(
    sent: Frozen[],
    reply: SyncReply,
    now: number,
    told: Held[] | null,
  ): Promise<{ newEpoch: boolean }> {
    const { operations, photos, settings, receipts } = this.db;
    const result = await this.#write([operations, photos, settings, receipts], () =>
      settleReply(this.db, sent, reply, now, told),
    );
    for (const inspection of result.touched) this.changes.tell(inspection);
    return result;
  }

  async park(operation: string, code: string, until: number): Promise<void> {
    const row = await this.#write([this.db.operations], async () => {
      const found = await this.db.operations.get(operation);
      if (found?.state !== 'offered' && found?.state !== 'parked') return null;
      const parked = { ...found, state: 'parked' as const, code, tries: found.tries + 1, notBefore: until };
      await this.db.operations.put(parked);
      return parked;
    });
    if (row !== null) this.changes.tell(row.inspection);
  }

  async tries(operation: string): Promise<number> {
    return (await this.#read([this.db.operations], () => this.db.operations.get(operation)))?.tries ?? 0;
  }

  async hasText(now: number): Promise<boolean> {
    const { operations, photos } = this.db;
    // A look only: nothing is frozen until it is really sent.
    return this.#read(
      [operations, photos],
      async () => (await chooseOffer(this.db, { count: 1, bytes: 1 }, now, true)).length > 0,
    );
  }

  nextPreview(): Promise<PreviewJob | null> {
    const { operations, photos, thumbnails } = this.db;
    return this.#read([operations, photos, thumbnails], () => nextPreview(this.db));
  }

  async previewDone(sha256: string, outcome: 'sent' | 'refused'): Promise<void> {
    await this.#write([this.db.photos], () => this.db.photos.update(sha256, { preview: outcome }));
  }

  async nextUpload(now: number): Promise<UploadJob | null> {
    const row = await this.#read([this.db.photos], () =>
      this.db.photos
        .where('state')
        .anyOf('uploading', 'local', 'parked')
        .filter((photo) => photo.notBefore <= now && photo.kept)
        .first(),
    );
    return row === undefined ? null : { ...row, inspection: row.inspections[0] ?? null };
  }

  /** null: gone, or spoilt, for which there is no room to set it aside: the others still go. */
  async photoBytes(sha256: string): Promise<Uint8Array | null> {
    try {
      return (await this.#read([this.db.photoBytes], () => this.db.photoBytes.get(sha256)))?.bytes ?? null;
    } catch (error) {
      if (isQuota(error)) return null;
      throw error;
    }
  }

  uploadProgress(sha256: string, offset: number): Promise<void> {
    return this.#photo(sha256, { state: 'uploading', offset });
  }

  uploadStored(sha256: string): Promise<void> {
    return this.#photo(sha256, { state: 'stored', reason: null, tries: 0, notBefore: 0 });
  }

  async parkUpload(sha256: string, reason: string, until: (tries: number) => number): Promise<void> {
    const tries = (await this.#read([this.db.photos], () => this.db.photos.get(sha256)))?.tries ?? 0;
    await this.#photo(sha256, {
      state: 'parked',
      reason,
      tries: tries + 1,
      notBefore: until(tries),
      offset: 0,
    });
  }

  unpark(): Promise<void> {
    const { operations, photos } = this.db;
    return this.#write([operations, photos], async () => {
      await operations.where('state').anyOf('parked', 'offered').modify({ notBefore: 0 });
      await photos.where('state').anyOf('parked', 'local', 'uploading').modify({ notBefore: 0 });
    });
  }

  receiptsDue(now: number): Promise<string[]> {
    const { operations, photos, receipts, settings, spoilt } = this.db;
    return this.#read([operations, photos, receipts, settings, spoilt], () => due(this.db, now));
  }

  manifest(inspection: string): Promise<Manifest> {
    const { operations, photos, settings } = this.db;
    return this.#read([operations, photos, settings], () => manifestOf(this.db, inspection));
  }

  async keepReceipt(inspection: string, receipt: Receipt, verdict: Verdict, now: number): Promise<void> {
    const { receipts, settings, operations, photos } = this.db;
    await this.#write([receipts, settings, operations, photos], () =>
      keepReceipt(this.db, inspection, receipt, verdict, now),
    );
    this.changes.tell(inspection);
  }

  async earlierReceipts(inspection: string): Promise<Receipt[]> {
    const kept = await this.#read([this.db.settings], () => setting(this.db, 'earlier'));
    return kept?.[inspection] ?? [];
  }

  async earlierShown(inspection: string, signature: string): Promise<void> {
    await this.#write([this.db.settings], async () => {
      const { [inspection]: kept = [], ...others } = (await setting(this.db, 'earlier')) ?? {};
      const left = kept.filter((receipt) => receipt.signature !== signature);
      await keepSetting(this.db, 'earlier', left.length > 0 ? { ...others, [inspection]: left } : others);
    });
  }

  async #photo(sha256: string, change: Partial<PhotoRow>): Promise<void> {
    await this.#write([this.db.photos], () => this.db.photos.update(sha256, change));
    const row = await this.#read([this.db.photos], () => this.db.photos.get(sha256));
    for (const inspection of row?.inspections ?? []) this.changes.tell(inspection);
  }

  #read<T>(tables: Tables, work: () => PromiseLike<T>): Promise<T> {
    return transact(this.db, 'r', tables, work);
  }

  /** On a full disk, too: sending is what makes room again. */
  #write<T>(tables: Tables, work: () => PromiseLike<T>): Promise<T> {
    return withReserve(this.db, tables, work);
  }
}
