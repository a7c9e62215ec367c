import Dexie, { type Table } from 'dexie';
import type {
  BytesRow,
  DraftRow,
  EditionRow,
  OperationRow,
  PackageRow,
  PhotoRow,
  ReceiptRow,
  ReserveRow,
  SettingRow,
  SpoiltRow,
} from './rows';
import { type Keyring, sealing } from './seal';

export const databaseName = (account: string): string => `inspect-app/${account}`;

/** One database per person: another person of the same tablet neither reads nor sends this one's work. */
export class FieldDatabase extends Dexie {
  declare operations: Table<OperationRow, string>;
  declare photos: Table<PhotoRow, string>;
  declare photoBytes: Table<BytesRow, string>;
  declare thumbnails: Table<BytesRow, string>;
  declare packages: Table<PackageRow, string>;
  declare editions: Table<EditionRow, string>;
  declare receipts: Table<ReceiptRow, string>;
  declare drafts: Table<DraftRow, string>;
  declare settings: Table<SettingRow, string>;
  declare reserve: Table<ReserveRow, number>;
  declare spoilt: Table<SpoiltRow, string>;
  /** what rows are sealed with; another tab's new lock may bring the key later */
  readonly ring: Keyring;
  /** called after a row was set aside, before the work that met it is tried again */
  mend: () => Promise<void> = async () => undefined;

  constructor(account: string, key: Uint8Array | null = null) {
    // Strict: a relaxed write was lost by a power cut although the page had said "saved".
    super(databaseName(account), { chromeTransactionDurability: 'strict', cache: 'disabled' });
    this.ring = { key };
    this.use(sealing(this.ring));
    upgrades(this);
  }
}

/** The highest number below. */
export const SCHEMA_VERSION = 2;

/**
 * Numbered upgrades, forward only. A released number is never edited; add the next one below it. What an index needs lies
 * within sealed rows: a new index comes with an upgrade that rewrites its table's rows.
 */
function upgrades(db: Dexie): void {
  db.version(1).stores({
    operations: 'id, inspection, state, [inspection+device+seq]',
    photos: 'sha256, state, *inspections',
    photoBytes: 'sha256',
    thumbnails: 'sha256',
    packages: 'inspection',
    editions: 'id',
    receipts: 'inspection',
    drafts: 'key',
    settings: 'key',
    reserve: 'slot',
  });
  db.version(2).stores({ spoilt: 'id' });
}
