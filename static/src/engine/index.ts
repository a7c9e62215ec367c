/** The door to the engine: the screens import from here only. */
export type * from '../data/api';
export { EngineError } from '../data/errors';
export { keepAtWork, knownPeople, lockOf, personAtWork } from '../data/people';
export { SHORTEST_PIN } from '../data/pin';
export { exportRescue } from '../data/rescue';
export type { PinLock } from '../data/rows';
export {
  changePin,
  MOST_TRIES,
  personOf,
  recoverKey,
  setPin,
  signInHere,
  unlock,
  waitOf,
} from './door';
export { openEngine } from './open';
export { keepKeyCopy } from './sealing';
export { browserWorld } from './world';
