/** The rows that the device keeps, as of schema version 1. */

import type { Json } from '../domain/json';
import type { Operation } from '../domain/operations/operation';
import type { Receipt } from '../sync/wire';
import type { Account, Catalogue, Device, Package, ReceiptCheck } from './api';

/**
 * draft: may still be folded into; has no `seq` yet. offered: id, seq and bytes are frozen; sent until answered.
 * acknowledged: in the server's log. refused, quarantined: answered so, kept beside. parked: set aside until `notBefore`.
 * remote: another device's.
 */
export type OperationState =
  | 'draft'
  | 'offered'
  | 'acknowledged'
  | 'refused'
  | 'quarantined'
  | 'parked'
  | 'remote';

export interface OperationRow {
  id: string;
  inspection: string;
  device: string;
  seq: number;
  state: OperationState;
  operation: Operation;
  /** the frozen canonical JSON; null while a draft and for others' operations */
  text: string | null;
  /** place in the server's log, and what the server added */
  n: number | null;
  stamp: string | null;
  received: string | null;
  status: string | null;
  code: string | null;
  tries: number;
  notBefore: number;
  /** photos that must be on the server before this may be sent */
  photos: string[];
}

export interface PhotoRow {
  sha256: string;
  size: number;
  type: string;
  width: number;
  height: number;
  filename: string;
  inspections: string[];
  state: 'unverified' | 'local' | 'uploading' | 'stored' | 'parked';
  offset: number;
  reason: string | null;
  tries: number;
  notBefore: number;
  /** false once the original was freed under a receipt */
  kept: boolean;
  /** what became of the small picture sent ahead; absent: not sent yet */
  preview?: 'sent' | 'refused';
  /** what this device signed when it was saved; absent: nothing */
  witness?: string;
}

/** Bytes as `Uint8Array`, never Blob: Blobs were lost in power-cut trials. */
export interface BytesRow {
  sha256: string;
  bytes: Uint8Array;
}

export interface PackageRow {
  inspection: string;
  package: Package;
  downloadedAt: number;
}

export interface ReceiptRow {
  inspection: string;
  receipt: Receipt;
  check: ReceiptCheck;
  epoch: string;
  fetchedAt: number;
  /** the server's moment from which this receipt has been complete, matching and archived without a break; starts the grace period */
  deletableSince: number | null;
  /** how often in a row something was sent again for a receipt's sake; absent: never */
  again?: number;
}

export interface DraftRow {
  key: string;
  value: Json;
}

/** One row per key; see `Setting`. */
export interface SettingRow {
  key: keyof Setting;
  value: Setting[keyof Setting];
}

export interface Setting {
  account: Account;
  device: Device;
  cursor: string | null;
  epoch: string | null;
  receiptKey: string;
  /** what the server last said that it is, in ms; an hour late at most */
  serverTime: number;
  graceDays: number;
  lastSent: number;
  /** per inspection, what the server was last told that this device has still to send */
  told: Record<string, string>;
  sheets: { inspection: string; member: string; handed_in: boolean; late?: boolean }[];
  /** receipts of earlier epochs that the server has not been shown yet: they say when it first received what it lost */
  earlier: Record<string, Receipt[]>;
}

export interface ReserveRow {
  slot: number;
  bytes: Uint8Array;
}

export type EditionRow = Catalogue;

/** A row that no longer opens: byte for byte as it lay, out of everybody's way, and never deleted. */
export interface SpoiltRow {
  id: string;
  /** where it lay, and under which key */
  table: string;
  key: string;
  /** the fields that IndexedDB itself reads */
  plain: Record<string, unknown>;
  /** the sealed part */
  bytes: Uint8Array;
  /** what could be had again was fetched or made */
  mended: boolean;
  /** a person has seen it and done what could be done */
  settled: boolean;
  /** spoilt bytes: the photo that they belonged to, once that was settled */
  photo?: PhotoRow;
}

/** The key of a person's rows on this device, wrapped by their PIN; bytes as lower-case hex. */
export interface PinLock {
  /** whose; one database has one key */
  account: string;
  kdf: 'PBKDF2-SHA-256';
  iterations: number;
  salt: string;
  /** nonce and AES-256-GCM ciphertext with tag */
  wrapped: string;
  /** SHA-256 of the key: which of the server's copies is meant */
  fingerprint: string;
  /** wrong PINs since the last right one, and when the last was tried (ms) */
  tries: number;
  lastTry: number;
  /** no row from before the key is left */
  swept: boolean;
}
