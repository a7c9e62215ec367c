/** The shapes that the server answers with. Only an answer of the expected shape counts (captive portals, cached pages). */
import type { Json } from '../domain/json';
import type { Operation } from '../domain/operations/operation';
import { any, arrayOf, boolean, integer, nullable, object, optional, type Shape, string } from './shape';

/** The version of the protocol that this program speaks; a server that no longer accepts it says `unknown_schema`. */
export const PROTOCOL = 1;

export const STATUSES = new Set(['applied', 'duplicate', 'late', 'conflict', 'refused', 'quarantined']);

export interface ItemResult {
  id: string;
  status: string;
  code: string | null;
}

export type PulledOperation = Operation & { n: number; stamp: string; received: string; status: string };

export interface SyncReply {
  results: ItemResult[];
  operations: PulledOperation[];
  cursor: string;
  more: boolean;
  epoch: string;
  /** who has handed in, while the sheets are not open yet */
  sheets?: { inspection: string; member: string; handed_in: boolean; late?: boolean }[];
}

export interface Session {
  account: { id: string; login: string; name: string; roles: string[]; agency: Json };
  device: { id: string; name: string } | null;
  epoch: string;
  server_time: string;
  receipt_key: string;
}

export interface Receipt {
  inspection: string;
  device: string;
  epoch: string;
  operations: {
    count: number;
    through: number;
    digest: string;
    /** when they first came, in runs; an older server does not say */
    received?: { through: number; at: string }[];
    late: Json[];
    refused: Json[];
  };
  photos: { sha256: string; size: number }[];
  complete: boolean;
  missing: Json[];
  archived: boolean;
  issued_at: string;
  key: string;
  signature: string;
}

export interface ProblemBody {
  code: string;
  detail?: string | null;
  field?: string | null;
}

const itemResult: Shape = object({ id: string, status: string, code: optional(nullable(string)) });
const pulled: Shape = object({
  id: string,
  device: string,
  seq: integer,
  inspection: string,
  entity: string,
  entity_id: string,
  set: object({}),
  base: object({}),
  hlc: string,
  author: string,
  schema: integer,
  n: integer,
  stamp: string,
  status: string,
});

export const syncReply: Shape = object({
  results: arrayOf(itemResult),
  operations: arrayOf(pulled),
  cursor: string,
  more: boolean,
  epoch: string,
  sheets: optional(arrayOf(object({ inspection: string, member: string, handed_in: boolean }))),
});

export const sessionShape: Shape = object({
  account: object({ id: string, login: string, name: string, roles: arrayOf(string) }),
  device: optional(nullable(object({ id: string }))),
  epoch: string,
  server_time: string,
  receipt_key: string,
});

export const receiptShape: Shape = object({
  inspection: string,
  device: string,
  epoch: string,
  operations: object({
    count: integer,
    through: integer,
    digest: string,
    late: arrayOf(any),
    refused: arrayOf(any),
  }),
  photos: arrayOf(object({ sha256: string, size: integer })),
  complete: boolean,
  missing: arrayOf(any),
  archived: boolean,
  issued_at: string,
  key: string,
  signature: string,
});

export const problemShape: Shape = object({ code: string });
