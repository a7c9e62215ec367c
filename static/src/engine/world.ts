/** Everything the engine takes from outside; a test or simulation gives its own. */
import { v7 } from 'uuid';
import { openDatabase } from '../data/database';
import { SLOTS } from '../data/reserve';
import type { FieldDatabase } from '../data/schema';
import { httpTransport } from '../sync/http';
import type { Clock, Random, Transport, VerifySignature } from '../sync/ports';
import { startTriggers, type Triggers } from '../sync/triggers';
import { verifyEd25519 } from '../sync/verify';
import { browserLocks, type Locks } from './locks';
import { pictureReader, type ReadPicture } from './pictures';
import { room } from './storage';
import { tellWitnessKey, witnessed } from './witness';

export interface World {
  transport: Transport;
  clock: Clock;
  random: Random;
  newId: () => string;
  verify: VerifySignature;
  locks: Locks;
  /** when what this moment still brings has begun */
  later: (work: () => void) => void;
  readPicture: ReadPicture;
  /** called after each sign-in, and not waited for */
  signedIn?: (account: string, device: string) => Promise<void>;
  /** whether the browser promises to keep what is stored */
  promised: () => Promise<boolean>;
  /** rows of room held back for text */
  reserveSlots: number;
  triggers: (send: (eager: boolean) => void) => Triggers;
  /** the person's database, opened; `newer_database` when this code is older than the data */
  openDatabase: (account: string, key: Uint8Array | null) => Promise<FieldDatabase>;
  /** packages, which tell what nobody else may know, are taken into sealed rows only */
  sealedOnly: boolean;
}

export function browserWorld(): World {
  return {
    transport: httpTransport,
    clock: Date.now,
    random: Math.random,
    newId: () => v7(),
    verify: verifyEd25519,
    locks: browserLocks(),
    later: (work) => void setTimeout(work),
    readPicture: witnessed(pictureReader(), Date.now),
    signedIn: (account, device) => tellWitnessKey(httpTransport, account, device),
    promised: async () => (await room()).persisted,
    reserveSlots: SLOTS,
    triggers: startTriggers,
    openDatabase,
    sealedOnly: true,
  };
}
