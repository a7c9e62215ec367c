/** The door to the engine: the screens import from here only. */
export type * from '../data/api';
export { EngineError } from '../data/errors';
export { keepAtWork, knownPeople, personAtWork } from '../data/people';
export { exportRescue } from '../data/rescue';
export { openEngine, signInHere } from './open';
