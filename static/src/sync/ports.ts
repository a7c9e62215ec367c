/**
 * What the sync machine needs of the world. In the browser: fetch, Date, Dexie, crypto. In a simulation: whatever the
 * story wants.
 */
import type { PhotoRow } from '../data/rows';
import type { Manifest, Verdict } from './receipt';
import type { Receipt, Session, SyncReply } from './wire';

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  timeout: number;
}

export interface HttpReply {
  status: number;
  /** lower-case name; null when absent */
  header(name: string): string | null;
  text: string;
}

/** Rejects when no answer came, for whatever reason: the request may or may not have been acted on. */
export type Transport = (request: HttpRequest) => Promise<HttpReply>;

/** Milliseconds since 1970. */
export type Clock = () => number;

/** Random number in [0, 1). */
export type Random = () => number;

/** Runs `work` as the only sender of this person on this device; waits for another tab that is at it; `busy` when the wait was given up. */
export type ExclusiveLock = <T>(work: () => Promise<T>) => Promise<T | 'busy'>;

/** Ed25519: null when this browser cannot check. */
export type VerifySignature = (
  keyHex: string,
  message: string,
  signatureHex: string,
) => Promise<boolean | null>;

export interface Frozen {
  id: string;
  text: string;
}

export type UploadJob = Pick<PhotoRow, 'sha256' | 'size' | 'type' | 'filename' | 'offset' | 'witness'> & {
  inspection: string | null;
};

/** A small picture of a photo that is still here; `finding` null: of the site. */
export interface PreviewJob {
  sha256: string;
  inspection: string;
  finding: string | null;
  bytes: Uint8Array;
}

/** How much of an inspection this device has still to send. */
export interface Held {
  inspection: string;
  operations: number;
  photos: number;
}

/** The durable side. Every method is one transaction. */
export interface SyncStore {
  /** Keeps what the session said; the account must be this store's. */
  keepSession(session: Session): Promise<void>;
  /** Where to read on, and what this device has still to send besides `sent`; null: as told before. */
  position(sent: Frozen[]): Promise<{
    device: string;
    cursor: string | null;
    inspections: string[];
    holds: Held[] | null;
  }>;

  /** Freezes what is to be sent and returns the bytes to send, oldest first. Nothing is sent that was not returned here. */
  offer(limit: { count: number; bytes: number }, now: number): Promise<Frozen[]>;
  /** Results, operations, cursor and epoch of one answer; `told` is what the request said of `holds`. Returns whether the epoch changed. */
  settle(sent: Frozen[], reply: SyncReply, now: number, told: Held[] | null): Promise<{ newEpoch: boolean }>;
  /** The server cannot take this item: parked until `until`, others go on. */
  park(operation: string, code: string, until: number): Promise<void>;
  /** How often the item was parked. */
  tries(operation: string): Promise<number>;
  /** Whether something could be offered now; freezes nothing. */
  hasText(now: number): Promise<boolean>;

  nextPreview(): Promise<PreviewJob | null>;
  previewDone(sha256: string, outcome: 'sent' | 'refused'): Promise<void>;
  nextUpload(now: number): Promise<UploadJob | null>;
  photoBytes(sha256: string): Promise<Uint8Array | null>;
  uploadProgress(sha256: string, offset: number): Promise<void>;
  uploadStored(sha256: string): Promise<void>;
  /** `until` follows from how often it was parked before; the bytes stay. */
  parkUpload(sha256: string, reason: string, until: (tries: number) => number): Promise<void>;
  /** Makes everything parked due now. */
  unpark(): Promise<void>;

  /** Inspections whose own work is all acknowledged and whose receipt is missing, old or not yet final. */
  receiptsDue(now: number): Promise<string[]>;
  manifest(inspection: string): Promise<Manifest>;
  keepReceipt(inspection: string, receipt: Receipt, verdict: Verdict, now: number): Promise<void>;
  /** Receipts of earlier epochs that the server has not been shown. */
  earlierReceipts(inspection: string): Promise<Receipt[]>;
  /** The server has seen the one with this signature. */
  earlierShown(inspection: string, signature: string): Promise<void>;
}
