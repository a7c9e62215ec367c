export { stampOf } from '../hlc';
export { seenIn, undecided, type Withdrawn, withdrawn } from './deciding';
export { ATTENDANCE_ROLES, fieldOf, JUDGEMENTS } from './fields';
export { bases, fold } from './fold';
export { contentHash, digest, type Frontier, frontierOf, inside, operationText, photosOf } from './identity';
export type * from './operation';
export * from './state';
export { onTeam, type Refusal, refusal, SCHEMA, validate } from './validation';
export { present } from './versions';
