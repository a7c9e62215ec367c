/**
 * The engine as the screens see it. Everything works without a network; only `signIn`, `packages`, `download`,
 * `arrive` and `sendNow` need one. Failures are `EngineError`s with a stable `code`.
 */
import type { Json } from '../domain/json';
import type { EntityKind, Folded, OnBehalf, Operation, Patch } from '../domain/operations/operation';

/** A value that changes. `subscribe` calls at once with the current value and returns the way to stop. */
export interface Live<T> {
  get(): T;
  subscribe(listener: (value: T) => void): () => void;
}

/** What shows who somebody is: the password, with the authenticator's code where the account has a second step. */
export type Proof = string | { password: string; code: string };

export interface Account {
  id: string;
  login: string;
  name: string;
  roles: string[];
  agency: Json;
}

export interface Device {
  id: string;
  name: string;
}

/** Somebody who has worked in this browser profile; signing in again finds their work. */
export interface KnownPerson {
  login: string;
  account: Account | null;
  device: Device;
  lastSignIn: number;
}

export interface TeamMember {
  account: string;
  name: string;
  role: 'leader' | 'member' | 'staff' | (string & {});
  external: boolean;
  /** false for a leader who does not score */
  scores?: boolean;
}

/** One line of the list of packages that the server offers. Before release only date and district are known. */
export interface PackageLine {
  inspection: string;
  version: number | string;
  phase: 'before' | 'released';
  date: string | null;
  district: string | null;
  role: string;
}

/** What the tablet takes along. `tender`, `contract` and `history` are as the server's package says. */
export interface Package {
  inspection: string;
  version: number | string;
  phase: 'before' | 'released';
  role: string;
  visit: { date: string | null; date_end: string | null; team: TeamMember[] } & Record<
    string,
    Json | TeamMember[]
  >;
  tender: Record<string, Json>;
  contract: Record<string, Json>;
  edition: string;
  history: Json[];
}

/** What another device of this person was still to send of one inspection when the server last heard it. */
export interface LeftInspection {
  inspection: string;
  tender: string;
  date: string;
  operations: number;
  photos: number;
  /** numbers below its highest that never came */
  gaps: number;
  /** ids of small pictures whose originals never came */
  previews: string[];
}

export interface LeftDevice {
  id: string;
  name: string;
  heard_at: string;
  revoked: boolean;
  inspections: LeftInspection[];
}

export type SendState =
  /** only on this device */
  | 'waiting'
  /** acknowledged by the server */
  | 'sent'
  /** covered by a verified, complete receipt */
  | 'safe';

export interface InspectionSummary {
  id: string;
  package: Package;
  findings: number;
  /** own operations and photos not yet acknowledged */
  waiting: number;
  refused: number;
  conflicts: number;
  send: SendState;
  closed: boolean;
  /** a receipt came that does not say what this device holds: nothing is freed, tell the office */
  receiptMismatch: boolean;
}

/** A photo on this device. */
export interface LocalPhoto {
  sha256: string;
  size: number;
  type: string;
  width: number;
  height: number;
  /** `unverified` until read back; `parked` is set aside with `reason` and never deleted */
  state: 'unverified' | 'local' | 'uploading' | 'stored' | 'parked';
  offset: number;
  reason: string | null;
}

/** An own operation that the server refused, quarantined or could not take yet; it stays beside the state. */
export interface BesideOperation {
  operation: Operation;
  kind: 'refused' | 'quarantined' | 'parked';
  code: string;
}

export interface InspectionState {
  id: string;
  package: Package | null;
  fold: Folded;
  beside: BesideOperation[];
  photos: LocalPhoto[];
  /** who has handed in their sheet, while the others' values are still closed; empty once they are open */
  sheets: { member: string; handedIn: boolean; late: boolean }[];
  waiting: number;
  send: SendState;
  /** `reader` when another tab writes this inspection: show it and a notice, offer no edits */
  mode: 'writer' | 'reader';
  canUndo: boolean;
  receipt: ReceiptCheck | null;
}

/** Something that the disk spoilt: it no longer opens, is kept as it lies, and holds up nothing else. */
export interface SpoiltItem {
  id: string;
  kind: 'operation' | 'photo' | 'package' | 'draft';
  /** to which it belongs, as far as known */
  inspections: string[];
  sha256: string | null;
  /** the server has it: it comes again with a network */
  comesBack: boolean;
  /** what can still be read, with wrong letters in it, for a person to write it again */
  entity: string | null;
  remains: Patch | null;
}

/** The result of checking a receipt against what this device holds. */
export interface ReceiptCheck {
  complete: boolean;
  archived: boolean;
  /** the receipt's figures equal this device's manifest */
  matches: boolean;
  /** `unchecked` where the browser has no Ed25519: digest and manifest were compared, the signature was not */
  signature: 'valid' | 'unchecked' | 'invalid';
  issuedAt: string;
  missing: string[];
}

export type ProblemCode =
  | 'signed_out'
  | 'device_revoked'
  | 'unreachable'
  | 'not_our_server'
  /** this program is older than the server accepts: reload, nothing is lost */
  | 'update_needed'
  | 'server_busy'
  | 'storage_full'
  | 'items_parked'
  | 'items_refused'
  /** something on this device no longer opens */
  | 'items_spoilt'
  | 'receipt_mismatch';

/** The strip: saved here, N waiting, safe on the server. */
export interface Status {
  /** false while a write is on its way to the disk */
  saved: boolean;
  waiting: number;
  waitingPhotos: number;
  waitingBytes: number;
  safe: SendState;
  /** inspections on this device; with none, nothing here says that anything was ever sent */
  here: number;
  problem: ProblemCode | null;
  offline: boolean;
  sending: boolean;
  signedIn: boolean;
  /** server time minus this device's clock in milliseconds, when last heard; flag it beyond five minutes */
  clockOffset: number | null;
  lastSent: number | null;
}

export interface EditOptions {
  onBehalf?: OnBehalf;
  /** per field, the operation (or all of them) that the person saw; default: the one that the fold shows now */
  seen?: Record<string, string | readonly string[] | null>;
  /** the person looked at all values in conflict and decided: the patch descends from every one of them */
  merge?: boolean;
}

export interface PhotoMeta {
  filename?: string;
  caption?: string;
  /** ISO UTC; default: EXIF, else null. Never invented. */
  takenAt?: string | null;
  position?: { latitude: number; longitude: number; accuracy: number } | null;
}

export type PhotoUse = 'evidence' | 'site' | 'signed_paper' | 'score_paper';

export interface SavedPhoto {
  /** the entity id of the `photo` */
  entityId: string;
  sha256: string;
}

export interface SignatureInput {
  name: string;
  role: string;
  /** SVG path data, or null when `photo` stands for it */
  strokes: string | null;
  /** SHA-256 of the photographed signed paper */
  photo?: string | null;
}

/** Whose signature: a member's own (default), a member's by staff, or a party's by attendance role (`owner_head`, `pcm#2`). */
export type Signer = { member?: string; onBehalf?: OnBehalf } | { party: string };

export interface Engine {
  readonly account: Account;
  readonly device: Device;
  /** whether what this engine writes is sealed on the disk */
  readonly sealed: boolean;
  /** From now on, and by and by what is there already. */
  seal(key: Uint8Array): Promise<void>;
  readonly status: Live<Status>;
  readonly inspections: Live<InspectionSummary[]>;
  /** what no longer opens and is not settled */
  readonly spoilt: Live<SpoiltItem[]>;
  /** The person has seen it and done what could be done; it stays on this device. */
  settleSpoilt(id: string): Promise<void>;

  /** The folded state; subscribing opens the inspection, takes the writer's lock if free, and loads it. */
  inspection(id: string): Live<InspectionState | null>;

  /** Resolves when the patch is durable ("saved"). Rejects, nothing saved: `not_owner`, `leader_only`, `bad_value`, `read_only` ... */
  edit(
    inspection: string,
    entity: EntityKind,
    entityId: string,
    set: Patch,
    options?: EditOptions,
  ): Promise<void>;
  /** Takes back the last edit made in this tab; false when there is none. */
  undo(inspection: string): Promise<boolean>;
  newId(): string;

  /** Resolves when bytes, thumbnail, metadata and operation are durable and were read back. `retake`: not a picture. `storage_full`. */
  addPhoto(
    inspection: string,
    finding: string | null,
    bytes: Uint8Array,
    meta: PhotoMeta,
    use: PhotoUse,
  ): Promise<SavedPhoto>;
  /** An object URL of a picture on this device (revoke it), or the server's address; null when neither can be had. */
  photoUrl(sha256: string, size: 320 | 1600 | 'original'): Promise<string | null>;

  /** Freezes what this device has not sent, and signs over everything known. */
  sign(inspection: string, signature: SignatureInput, signer?: Signer): Promise<void>;
  /** The leader's closing over everything known. */
  close(inspection: string): Promise<void>;
  /** The leader opens a closed inspection again. */
  reopen(inspection: string): Promise<void>;
  decideLate(
    inspection: string,
    operation: string,
    decision: 'accept' | 'reject',
    reason: string,
  ): Promise<void>;

  /** What a form holds that is not yet an edit; survives a kill. */
  draft(key: string): Promise<Json>;
  keepDraft(key: string, value: Json): Promise<void>;

  /** What this person's other devices were still to send; needs a network. */
  leftBehind(): Promise<LeftDevice[]>;
  /** The person has dealt with what that device had left. */
  settleLeftBehind(device: string): Promise<void>;

  /** The server's list; needs a network. */
  packages(): Promise<PackageLine[]>;
  /** Takes package and edition along. `pin_wanted`: not into rows that anybody can read. */
  download(inspection: string): Promise<void>;
  /** Arrival: releases the visit, then takes the released package along. */
  arrive(inspection: string): Promise<void>;
  /** A downloaded edition of the defect table. */
  catalogue(edition: string): Promise<Catalogue | null>;

  /** Sends now, ignoring back-off and retrying parked items; resolves when this run ended. */
  sendNow(): Promise<void>;
  signIn(proof: Proof): Promise<void>;
  signOut(): Promise<void>;

  /** Frees the originals of inspections whose receipt allows it; returns the bytes freed. */
  prune(): Promise<number>;
  /** Everything of this person on this device, encrypted. */
  exportRescue(passphrase: string): Promise<Blob>;
  /** Room and persistence, to be told before leaving for the site. */
  storage(): Promise<{ persisted: boolean; usage: number | null; quota: number | null }>;
  stop(): Promise<void>;
}

export interface CatalogueRow {
  code: string;
  parent: string;
  kind: string;
  text: string;
  /** as printed, `[-1,-2]`; empty where there is none */
  range: string;
}

export interface Catalogue {
  id: string;
  label: string;
  effective: string;
  hash: string;
  rows: CatalogueRow[];
  /** a mix of editions that must never be called official */
  demo_mix: boolean;
  score_sheet: Json;
  bands: Json;
  rates: Json;
  phrases: Json;
}
