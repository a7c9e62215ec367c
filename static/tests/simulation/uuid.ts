/** Stands in for the package in the simulation's bundle: named ids by Node, each computed once. */
import { createHash } from 'node:crypto';

const known = new Map<string, string>();

export function v5(name: string, namespace: string): string {
  const key = `${namespace} ${name}`;
  const id = known.get(key) ?? made(name, namespace);
  known.set(key, id);
  return id;
}

function made(name: string, namespace: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  hash[6] = ((hash[6] as number) & 0x0f) | 0x50;
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Ids of a story are counted, never drawn. */
export const v7 = (): never => {
  throw new Error('a story draws no ids');
};
