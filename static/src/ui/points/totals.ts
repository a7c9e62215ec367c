/** The agreed points as they add up while the meeting goes on; money and contract multipliers are the server's. */
import { type FoldedEntity, shownValue } from '../../domain/operations';
import { type Charge, type Party, pointsOf } from '../../domain/points';
import { PARTIES } from '../core/words';

export interface PartyTotal {
  value: string;
  text: string;
  points: number;
  findings: number;
}

function chargeOf(finding: FoldedEntity): Charge | null {
  const [points, party] = [shownValue(finding, 'points'), shownValue(finding, 'agreed_party')];
  if (shownValue(finding, 'agreed') !== true || typeof points !== 'number' || typeof party !== 'string')
    return null;
  const own = (field: string): number | null => {
    const found = shownValue(finding, field);
    return typeof found === 'number' ? found : null;
  };
  return {
    code: String(shownValue(finding, 'code') ?? ''),
    party: party as Party,
    points,
    also_supervision: shownValue(finding, 'also_supervision') === true,
    also_pcm: shownValue(finding, 'also_pcm') === true,
    supervision_points: own('supervision_points'),
    pcm_points: own('pcm_points'),
  };
}

export function partyTotals(findings: FoldedEntity[]): PartyTotal[] {
  const charges = findings.map(chargeOf).filter((charge) => charge !== null);
  return PARTIES.map(({ value, text }) => {
    const own = charges.map((charge) => pointsOf(charge, value)).filter((points) => points !== null);
    return { value, text, findings: own.length, points: own.reduce((sum, points) => sum + points, 0) };
  });
}
