import { v5 } from 'uuid';

/** UUIDv5 of an entity of which a person or visit has exactly one, so that two tablets meet. */
export function entityId(inspection: string, name: string): string {
  return v5(name, inspection);
}

export const scoreSheetId = (inspection: string, account: string): string =>
  entityId(inspection, `score_sheet:${account}`);
export const signatureId = (inspection: string, account: string): string =>
  entityId(inspection, `signature:${account}`);
/** A party's signature; the second person of a role is `contractor_site_head#2`. */
export const partySignatureId = (inspection: string, attendance: string): string =>
  entityId(inspection, `signature:party:${attendance}`);
export const attendanceId = (inspection: string, role: string, nth = 1): string =>
  entityId(inspection, nth > 1 ? `attendance:${role}#${nth}` : `attendance:${role}`);
export const judgementId = (inspection: string, kind: string): string =>
  entityId(inspection, `judgement:${kind}`);
export const closingId = (inspection: string): string => entityId(inspection, 'closing');
export const lateDecisionId = (inspection: string, operation: string): string =>
  entityId(inspection, `late_decision:${operation}`);
