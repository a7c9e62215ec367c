/** Who signs: the team, each for themselves, and the representatives of the parties that came. */
import { computed } from 'vue';
import { attendanceId, partySignatureId, signatureId } from '../../domain/ids';
import { type FoldedEntity, shownValue } from '../../domain/operations';
import { moment } from '../core/dates';
import type { Inspection } from '../core/inspection';
import { ATTENDANCE, TEAM_ROLES } from '../core/words';

export interface Signer {
  /** route parameter: an account id, or an attendance role */
  key: string;
  entity: string;
  /** attendance role of a party's representative; null for the team */
  party: string | null;
  name: string;
  title: string;
  role: string;
  detail: string;
  signedAt: string | null;
  /** whether this person may sign here: their own, a party's, or staff for a member on paper */
  way: 'own' | 'party' | 'paper' | 'elsewhere';
  /** scores and has not handed in: sign after that */
  owesSheet: boolean;
}

const PARTY_SIGNERS = ATTENDANCE.filter((role) => role.value !== 'other' && role.value !== 'integrity');

export function useSigners(inspection: Inspection) {
  return computed(() => [...teamSigners(inspection), ...partySigners(inspection)]);
}

function teamSigners({ id, team, engine, isStaff, scorers, value, handedIn }: Inspection): Signer[] {
  return team.value.map((member) => {
    const entity = signatureId(id, member.account);
    const signedAt = moments(value('signature', entity, 'signed_at'));
    const own = member.account === engine.account.id;
    const role = TEAM_ROLES[member.role] ?? member.role;
    const owesSheet = scorers.value.includes(member) && !handedIn(member.account);
    const way = own ? 'own' : isStaff.value ? 'paper' : 'elsewhere';
    const detail = signedAt ? `${role}，${moment(signedAt)} 已簽` : `${role}，尚未簽名`;
    return {
      key: member.account,
      entity,
      party: null,
      name: member.name,
      title: member.name,
      role,
      detail,
      signedAt,
      way,
      owesSheet,
    };
  });
}

function partySigners({ id, list, value }: Inspection): Signer[] {
  const present = list('attendance').filter((row) => shownValue(row, 'present') === true);
  return PARTY_SIGNERS.flatMap((role) => {
    const here = present.filter((row) => shownValue(row, 'role') === role.value);
    const person = here.find((row) => row.id === attendanceId(id, role.value)) ?? here[0];
    const entity = partySignatureId(id, role.value);
    const signedAt = moments(value('signature', entity, 'signed_at'));
    if (person === undefined && signedAt === null) return [];
    const name = nameOf(person);
    const detail = [name, signedAt ? `${moment(signedAt)} 已簽` : '尚未簽名'].filter(Boolean).join('，');
    return [
      {
        key: role.value,
        entity,
        party: role.value,
        name,
        title: role.text,
        role: role.text,
        detail,
        signedAt,
        way: 'party' as const,
        owesSheet: false,
      },
    ];
  });
}

const moments = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function nameOf(person: FoldedEntity | undefined): string {
  const name = person ? shownValue(person, 'name') : null;
  return typeof name === 'string' ? name : '';
}
