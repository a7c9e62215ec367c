/** The □ alternatives in a row's text: offered as ticks, built into a sentence, rebuilt letter by letter. */
const BOX = '□';
const JOIN = '，,；;。、或 \u3000';
const END = new RegExp(`[${JOIN}]+$`);
const EDGES = new RegExp(`^[${JOIN}]+|[${JOIN}]+$`, 'g');
const FAULTS = /[未無不錯缺]/;
const FAULT = /有無|[未無不錯缺]/;
const BARE = 6;

/** One alternative. `before` and `after` are the joining words around it, kept so that the text can be rebuilt. */
export interface Option {
  text: string;
  before: string;
  after: string;
  boxed: boolean;
}

/** `lead` is the subject that all alternatives share; `joint` the joining word after it. */
export interface Alternatives {
  lead: string;
  joint: string;
  options: Option[];
}

/** The parts of a row's text; a text without □ is all lead. A fault before the first □ joined by 或 is an alternative, too. */
export function alternatives(text: string): Alternatives {
  const [first = '', ...boxed] = text.split(BOX);
  const options = boxed.map(option);
  if (options.length === 0) return { lead: text, joint: '', options };
  const [lead, joint] = joins(first) ? cutEnd(first) : [first, ''];
  const joined = joint.includes('或') || options[0]?.before !== '';
  if (lead !== '' && joined && FAULTS.test(lead))
    return {
      lead: '',
      joint: '',
      options: [{ text: lead, before: '', after: joint, boxed: false }, ...options],
    };
  return { lead, joint, options };
}

/** The printed text, exactly. */
export function rebuild({ lead, joint, options }: Alternatives): string {
  const printed = options.map((it) => `${it.boxed ? BOX : ''}${it.before}${it.text}${it.after}`);
  return lead + joint + printed.join('');
}

/** `甲，或□` or `甲，□或`: the lead's end is a joining word; `管線或□道路` has no comma and stays whole unless it is a fault. */
function joins(lead: string): boolean {
  const [, end] = cutEnd(lead);
  return end !== '' && (end !== '或' || FAULTS.test(lead));
}

function cutEnd(text: string): [string, string] {
  const kept = text.replace(END, '');
  return [kept, text.slice(kept.length)];
}

function option(part: string): Option {
  const before = part.startsWith('或') ? '或' : '';
  const [text, after] = cutEnd(part.slice(before.length));
  return { text, before, after, boxed: true };
}

/** The finding's sentence from the ticked alternatives (indexes from 0): a proposal that the inspector may edit. */
export function sentence(text: string, ticks: Iterable<number>): string {
  const parts = alternatives(text);
  if (parts.options.length === 0) return text;
  const ticked = new Set(ticks);
  const chosen = parts.options.filter((_, index) => ticked.has(index));
  const said = chosen.map((it) => it.text).join('，');
  return (subject(parts, chosen) + said).replace(EDGES, '');
}

/** The shared lead; or, where the unboxed first alternative holds the subject and a bare `未符合規定` is ticked, its beginning. */
function subject({ lead, joint, options }: Alternatives, chosen: Option[]): string {
  const [head, first] = [options[0], chosen[0]];
  if (first === undefined || head?.boxed !== false)
    return lead + (first && joint.startsWith('，') ? '，' : '');
  const bare = first !== head && characters(first.text).length <= BARE;
  return bare ? (head.text.split(FAULT, 1)[0] ?? '') : '';
}

const characters = (text: string): string[] => Array.from(text);

/** The short form for lists: the lead with the first alternative, cut to `width` characters, and how many more there are. */
export function short(text: string, width = 24): string {
  const { options } = alternatives(text);
  const whole = characters(options.length > 0 ? sentence(text, [0]) : text);
  const shown = whole.length <= width ? whole.join('') : `${whole.slice(0, width - 1).join('')}…`;
  return options.length > 1 ? `${shown}等${options.length}項` : shown;
}
