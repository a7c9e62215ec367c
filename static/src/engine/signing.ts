/** Signatures and the closing: each freezes what this device holds and covers, by frontier and digest, everything known. */
import type { SignatureInput, Signer } from '../data/api';
import { EngineError } from '../data/errors';
import { addPatch, type Edited, foldRows, freeze, rowsOf, type Writer } from '../data/log';
import type { FieldDatabase } from '../data/schema';
import { isOf, openWork } from '../data/spoilt';
import { closingId, partySignatureId, signatureId } from '../domain/ids';
import { digest, frontierOf, type Patch } from '../domain/operations';

/** Inside the caller's transaction. */
export async function addSignature(
  db: FieldDatabase,
  writer: Writer,
  inspection: string,
  input: SignatureInput,
  signer: Signer,
): Promise<Edited | null> {
  const covered = await freezeAndCover(db, writer, inspection);
  const { name, role, strokes, photo = null } = input;
  const set: Patch = { name, role, strokes, photo, signed_at: moment(writer), ...covered };
  const options = 'onBehalf' in signer && signer.onBehalf ? { onBehalf: signer.onBehalf } : {};
  const entityId = signatureEntity(inspection, signer, writer.account);
  return addPatch(db, writer, { inspection, entity: 'signature', entityId, set, options });
}

function signatureEntity(inspection: string, signer: Signer, account: string): string {
  if ('party' in signer) return partySignatureId(inspection, signer.party);
  return signatureId(inspection, signer.member ?? account);
}

/** Inside the caller's transaction. */
export async function addClosing(
  db: FieldDatabase,
  writer: Writer,
  inspection: string,
): Promise<Edited | null> {
  const covered = await freezeAndCover(db, writer, inspection);
  const set: Patch = { ...covered, closed_at: moment(writer), deleted: false };
  return addPatch(db, writer, {
    inspection,
    entity: 'closing',
    entityId: closingId(inspection),
    set,
    options: {},
  });
}

const moment = (writer: Writer): string => new Date(writer.now).toISOString();

/** `items_spoilt`: something of it no longer opens, and whoever signs has to have seen that. */
async function freezeAndCover(db: FieldDatabase, writer: Writer, inspection: string): Promise<Patch> {
  if ((await openWork(db)).some(isOf(inspection))) throw new EngineError('items_spoilt');
  const drafts = (await rowsOf(db, inspection)).filter((row) => row.state === 'draft');
  await freeze(db, drafts);
  const rows = await rowsOf(db, inspection);
  const { log, refused } = foldRows(rows, writer.team);
  const inLog = new Set(log.map((item) => item.operation.id).filter((id) => isPlaced(refused[id])));
  // As they were frozen, not as they are read.
  const placed = rows.filter((row) => inLog.has(row.id)).map((row) => row.operation);
  const frontier = frontierOf(placed);
  return { frontier, digest: digest(placed, frontier) };
}

/** What a newer app wrote stands in the server's log, though this program cannot read it. */
const isPlaced = (refusal: string | undefined): boolean =>
  refusal === undefined || refusal === 'unknown_schema';
