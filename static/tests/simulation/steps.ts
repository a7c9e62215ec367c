/** What people do in a story; the same names and shapes as in tests/simulation/events.json, from which both rings draw. */
import shared from '../../../tests/simulation/events.json';

export type Step =
  | { do: 'edit'; who: number; entity: number; flavour?: string }
  | { do: 'photo'; who: number; entity: number; size: number; same?: number }
  | { do: 'hand_in'; who: number; points: number }
  | { do: 'sign'; who: number }
  | { do: 'close'; who: number }
  | { do: 'reopen'; who: number }
  | { do: 'accept_late'; who: number }
  | { do: 'prune'; who: number }
  | { do: 'send'; who: number }
  | { do: 'backup' }
  | { do: 'wait'; seconds: number };

/** A visit in little: findings in conflict, photos, sheets, signature, closing, a late finding, its acceptance. */
export const CORE = shared.core as Step[];

type Chance = () => number;
interface Drawn {
  weight: number;
  [field: string]: number | (number | string)[];
}

const DRAWN = Object.entries(shared.drawn as Record<string, Drawn>);
const TOTAL = DRAWN.reduce((sum, [, { weight }]) => sum + weight, 0);

/** One step by chance, weighted as in events.json. */
export function drawStep(chance: Chance): Step {
  const [name, { weight: _, ...fields }] = drawnOf(chance() * TOTAL);
  const chosen = Object.entries(fields).map(([field, values]) => {
    const choices = values as (number | string)[];
    return [field, choices[Math.floor(chance() * choices.length)]];
  });
  return { do: name, ...Object.fromEntries(chosen) } as Step;
}

function drawnOf(place: number): [string, Drawn] {
  let end = 0;
  const found = DRAWN.find(([, { weight }]) => {
    end += weight;
    return place < end;
  });
  return found ?? (DRAWN[0] as [string, Drawn]);
}
