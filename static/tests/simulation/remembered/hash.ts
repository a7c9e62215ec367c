/** Stands in for src/worker/hash.ts in the simulation's bundle: the same hash by Node, at once and without another thread. */
import { sha256Hex } from '../sha2';

export const sha256 = async (bytes: Uint8Array): Promise<string> => sha256Hex(bytes);
