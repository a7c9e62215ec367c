/** Whether a receipt says what this device holds: the only thing on which anything may ever be deleted; and what an old one is good for. */
import { canonicalJson, type Json } from '../domain/json';
import { digest, type Operation } from '../domain/operations';
import { timeoutFor } from './exchange';
import type { Transport, VerifySignature } from './ports';
import { askJson, Rejected } from './reply';
import { type Receipt, receiptShape } from './wire';

/** Shows our server one of its own receipts, from before a restore. One that it no longer knows is shown in vain, and once. */
export async function showReceipt(transport: Transport, inspection: string, receipt: Receipt): Promise<void> {
  const body = JSON.stringify({ receipt });
  const path = `/api/v1/inspections/${inspection}/receipt`;
  const headers = { 'content-type': 'application/json' };
  const timeout = timeoutFor(body.length); // all of it is ASCII
  try {
    await askJson(transport, { method: 'POST', path, headers, body, timeout }, receiptShape);
  } catch (error) {
    if (!(error instanceof Rejected) || error.status >= 500) throw error;
  }
}

/** What this device sent for one inspection. */
export interface Manifest {
  inspection: string;
  device: string;
  epoch: string;
  receiptKey: string;
  /** own operations that were answered, refused ones included */
  operations: Operation[];
  refused: string[];
  photos: { sha256: string; size: number }[];
}

export interface Verdict {
  matches: boolean;
  signature: 'valid' | 'unchecked' | 'invalid';
  /** what does not agree, for the log and the help desk */
  differences: string[];
}

export async function judge(receipt: Receipt, manifest: Manifest, verify: VerifySignature): Promise<Verdict> {
  const signature = await signatureOf(receipt, manifest, verify);
  const differences = [
    ...identity(receipt, manifest),
    ...operations(receipt, manifest),
    ...photos(receipt, manifest),
  ];
  return { matches: differences.length === 0 && signature !== 'invalid', signature, differences };
}

async function signatureOf(
  receipt: Receipt,
  manifest: Manifest,
  verify: VerifySignature,
): Promise<Verdict['signature']> {
  if (receipt.key !== manifest.receiptKey) return 'invalid';
  const { signature, ...signed } = receipt;
  const valid = await verify(receipt.key, canonicalJson(signed as unknown as Json), signature);
  if (valid === null) return 'unchecked';
  return valid ? 'valid' : 'invalid';
}

function identity(receipt: Receipt, manifest: Manifest): string[] {
  const same =
    receipt.inspection === manifest.inspection &&
    receipt.device === manifest.device &&
    receipt.epoch === manifest.epoch;
  return same ? [] : ['identity'];
}

function operations(receipt: Receipt, manifest: Manifest): string[] {
  const own = manifest.operations;
  const through = own.reduce((highest, operation) => Math.max(highest, operation.seq), 0);
  const frontier = { [manifest.device]: through };
  const found: string[] = [];
  if (receipt.operations.count !== own.length) found.push('count');
  if (receipt.operations.through !== through) found.push('through');
  if (receipt.operations.digest !== digest(own, frontier)) found.push('digest');
  return found;
}

function photos(receipt: Receipt, manifest: Manifest): string[] {
  const stored = new Map(receipt.photos.map((photo) => [photo.sha256, photo.size]));
  return manifest.photos
    .filter((photo) => stored.get(photo.sha256) !== photo.size)
    .map((photo) => photo.sha256);
}
