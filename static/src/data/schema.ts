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
} from './rows';

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

  constructor(account: string) {
    // Strict: a relaxed write was lost by a power cut although the page had said "saved".
    super(databaseName(account), { chromeTransactionDurability: 'strict', cache: 'disabled' });
    upgrades(this);
  }
}

/** The highest number below. */
export const SCHEMA_VERSION = 1;

/** Numbered upgrades, forward only. A released number is never edited; add the next one below it. */
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
}
