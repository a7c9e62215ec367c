/**
 * The person signed in again with another device id, because the old one was revoked: the server takes nothing under the
 * old id any more. What it has not acknowledged is taken over as drafts of the new device; what was offered gets a new
 * id, since its old bytes may have arrived. Inside the caller's transaction.
 */
import { bases, type Operation } from '../domain/operations';
import { asBase, draftRow, UNSENT } from './log';
import type { OperationRow } from './rows';
import type { FieldDatabase } from './schema';

export async function adoptUnsent(db: FieldDatabase, device: string, newId: () => string): Promise<void> {
  const unsent = await db.operations
    .where('state')
    .anyOf([...UNSENT])
    .toArray();
  const foreign = unsent.filter((row) => row.device !== device);
  if (foreign.length === 0) return;
  const ids = new Map(foreign.map((row) => [row.id, row.state === 'draft' ? row.id : newId()]));
  await db.operations.bulkDelete(foreign.map((row) => row.id));
  await db.operations.bulkPut(foreign.map((row) => draftRow(adopted(row, device, ids))));
}

function adopted({ id, operation }: OperationRow, device: string, ids: Map<string, string>): Operation {
  const own = ids.get(id) ?? id;
  // The new one replaces its old self, should that have arrived: nobody is to see two values.
  const before = own === id ? [] : [id];
  const fields = Object.keys(operation.set);
  const base = Object.fromEntries(
    fields.map((name) => [name, asBase([...known(operation, name, ids), ...before])]),
  );
  return { ...operation, id: own, device, seq: 0, base };
}

const known = (operation: Operation, name: string, ids: Map<string, string>): string[] =>
  bases(operation, name).map((id) => ids.get(id) ?? id);
