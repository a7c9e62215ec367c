/** Whether an operation may enter the state. The answer is a code or null; a refused one never enters. */
import { entityId, scoreSheetId, signatureId } from '../ids';
import { isWhole } from '../json';
import {
  ATTENDANCE_ROLES,
  ENTITIES,
  type Field,
  fits,
  isSha256,
  isText,
  isUuid,
  JUDGEMENTS,
  own,
} from './fields';
import type { Operation, Patch, Team } from './operation';
import { overSheet } from './sheet';

export const SCHEMA = 1;
const HLC = /^[0-9a-f]{12}-[0-9a-f]{4}$/;

export interface Refusal {
  code: string;
  field: string | null;
}

/** null, or the code; the order of the questions is part of the contract: form first, then the person. */
export function validate(operation: Operation, team: Team): string | null {
  return refusal(operation, team)?.code ?? null;
}

/** The same with the field at fault, for the screen. */
export function refusal(operation: Operation, team: Team): Refusal | null {
  if (operation.schema !== SCHEMA) return because('unknown_schema');
  const fields = own(ENTITIES, operation.entity);
  if (fields === undefined) return because('unknown_entity');
  return (
    envelope(operation) ??
    content(operation, fields) ??
    over(operation, team) ??
    person(operation, fields, team)
  );
}

const because = (code: string, field: string | null = null): Refusal => ({ code, field });

function over(operation: Operation, team: Team): Refusal | null {
  const field = overSheet(operation, team);
  return field === null ? null : because('bad_value', field);
}

function envelope(operation: Operation): Refusal | null {
  const ids = [operation.id, operation.device, operation.inspection, operation.entity_id];
  const numbered = isWhole(operation.seq) && operation.seq >= 1;
  const clocked = typeof operation.hlc === 'string' && HLC.test(operation.hlc);
  return ids.every(isUuid) && numbered && clocked && isText(operation.author) ? null : because('bad_value');
}

function content(operation: Operation, fields: Record<string, Field>): Refusal | null {
  const names = Object.keys(operation.set);
  if (names.length === 0) return because('bad_value');
  const unknown = names.find((name) => own(fields, name) === undefined);
  if (unknown !== undefined) return because('unknown_field', unknown);
  const bad = names.find((name) => !fits(fields[name] as Field, operation.set[name] ?? null));
  if (bad !== undefined) return because('bad_value', bad);
  return basesFit(operation) && placed(operation) ? null : because('bad_value');
}

function basesFit(operation: Operation): boolean {
  return Object.entries(operation.base).every(
    ([name, base]) => Object.hasOwn(operation.set, name) && baseFits(operation.id, base),
  );
}

function baseFits(ownId: string, base: unknown): boolean {
  const known = Array.isArray(base) ? base : [base];
  return base === null || known.every((id) => isUuid(id) && id !== ownId);
}

/** An entity of which there is exactly one must carry the id that follows from its name. */
function placed({ entity, entity_id, inspection, set }: Operation): boolean {
  if (entity === 'visit') return entity_id === inspection;
  if (entity === 'closing') return entity_id === entityId(inspection, 'closing');
  if (entity === 'judgement') return judgementPlaced(inspection, entity_id, set);
  if (entity === 'late_decision' && 'operation' in set)
    return entity_id === entityId(inspection, `late_decision:${set.operation}`);
  return true;
}

function judgementPlaced(inspection: string, id: string, set: Patch): boolean {
  const kinds = 'kind' in set ? [String(set.kind)] : JUDGEMENTS.split(' ');
  return kinds.some((kind) => id === entityId(inspection, `judgement:${kind}`));
}

function person(operation: Operation, fields: Record<string, Field>, team: Team): Refusal | null {
  if (!onTeam(team, operation.author)) return because('not_on_team');
  const leaderOnly = Object.keys(operation.set).find((name) => fields[name]?.leader);
  if (operation.author !== team.leader && leaderOnly !== undefined) return because('leader_only', leaderOnly);
  const owned = operation.entity === 'score_sheet' || operation.entity === 'signature';
  return owned && !owns(operation, team) ? because('not_owner') : null;
}

export function onTeam(team: Team, account: string): boolean {
  return account === team.leader || team.members.includes(account) || team.staff.includes(account);
}

/** A sheet or signature accepts its member's operations, or staff's with the photo of the signed paper. */
function owns(operation: Operation, team: Team): boolean {
  const owner = ownerOf(operation, team);
  if (owner === null || owner === '' || owner === operation.author) return owner !== null;
  const behalf = operation.on_behalf;
  const marked = behalf !== null && behalf.member === owner && isSha256(behalf.photo);
  return team.staff.includes(operation.author) && marked;
}

/** Whose sheet or signature it is; "" for a party's signature, which any of the team takes; null for nobody's. */
export function ownerOf(operation: Operation, team: Team): string | null {
  return owners(operation.inspection, team).get(`${operation.entity}:${operation.entity_id}`) ?? null;
}

const known = new WeakMap<Team, Map<string, Map<string, string>>>();

function owners(inspection: string, team: Team): Map<string, string> {
  const ofTeam = known.get(team) ?? new Map<string, Map<string, string>>();
  known.set(team, ofTeam);
  const found = ofTeam.get(inspection) ?? allOwners(inspection, team);
  ofTeam.set(inspection, found);
  return found;
}

function allOwners(inspection: string, team: Team): Map<string, string> {
  const signers = [...team.members, ...team.staff, team.leader];
  return new Map([
    ...team.members.map((who) => [`score_sheet:${scoreSheetId(inspection, who)}`, who] as const),
    ...signers.map((who) => [`signature:${signatureId(inspection, who)}`, who] as const),
    ...ATTENDANCE_ROLES.split(' ').map(
      (role) => [`signature:${entityId(inspection, `signature:party:${role}`)}`, ''] as const,
    ),
  ]);
}
