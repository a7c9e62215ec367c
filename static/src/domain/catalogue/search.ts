/** Finding a code by number, word, phrase or half-typed 注音: the same steps as on the server. */
import { compare } from '../operations/identity';
import { normaliseCode } from './codes';

export interface Row {
  code: string;
  kind: string;
  text: string;
}

/** How inspectors say it, its 注音 syllable by syllable without tones, and the codes they mean, best first. */
export interface Phrase {
  text: string;
  zhuyin: string[];
  codes: string[];
}

const NUMBER = /^[\d\s.,、。．/_-]*\d[\d\s.,、。．/_-]*$/;
const READING = /[\u3105-\u312fˊˇˋ˙ˉ]+$/;
const NOISE = /[^\p{L}\p{M}\p{N}\u3105-\u312f]/gu;
const SAME: Record<string, string> = {
  臺: '台',
  値: '值',
  銹: '鏽',
  墻: '牆',
  樑: '梁',
  厠: '廁',
  祇: '只',
  濶: '闊',
};
const VARIANTS = new RegExp(`[${Object.keys(SAME).join('')}]`, 'g');
const TONES = /[ˊˇˋ˙ˉ]/g;

const PHRASE_EXACT = 600;
const PHRASE_START = 500;
const TEXT = 400;
const PHRASE_INSIDE = 350;
const TERMS = 300;
const PAIRS = 200;

/** The best rows for what was typed, best first; empty for a blank query. */
export function search<R extends Row>(rows: R[], query: string, phrases: Phrase[] = [], limit = 20): R[] {
  const plain = query.normalize('NFKC').trim();
  if (plain === '') return [];
  if (NUMBER.test(plain)) return byNumber(rows, plain).slice(0, limit);
  const scores = byPhrase(plain, phrases);
  for (const row of rows) scores.set(row.code, Math.max(scores.get(row.code) ?? 0, byText(row, plain)));
  const found = rows.filter((row) => (scores.get(row.code) ?? 0) > 0);
  return found.sort((one, other) => better(one, other, scores)).slice(0, limit);
}

function better(one: Row, other: Row, scores: Map<string, number>): number {
  const byScore = (scores.get(other.code) ?? 0) - (scores.get(one.code) ?? 0);
  const byKind = Number(one.kind === 'heading') - Number(other.kind === 'heading');
  return byScore || byKind || length(one.text) - length(other.text) || compare(one.code, other.code);
}

const length = (text: string): number => Array.from(text).length;

/** The code itself first, then what begins with it, then what begins with its digits. */
function byNumber<R extends Row>(rows: R[], typed: string): R[] {
  const [code, digits] = [normaliseCode(typed), typed.replace(/\D/g, '')];
  const inside = (row: Row): boolean => code !== null && row.code.startsWith(`${code}.`);
  const near = (row: Row): number => (row.code === code ? 0 : inside(row) ? 1 : 2);
  const matches = (row: Row): boolean => near(row) < 2 || row.code.replaceAll('.', '').startsWith(digits);
  return rows.filter(matches).sort((one, other) => near(one) - near(other) || compare(one.code, other.code));
}

const known = new Map<string, string>();

/** For comparison: half-width, lower case, one form of variant characters, no spaces or marks. */
export function normalise(text: string): string {
  const remembered = known.get(text);
  if (remembered !== undefined) return remembered;
  const plain = text.normalize('NFKC').toLowerCase().replace(NOISE, '');
  const same = plain.replace(VARIANTS, (letter) => SAME[letter] ?? letter);
  if (known.size > 8_192) known.clear();
  known.set(text, same);
  return same;
}

function byPhrase(typed: string, phrases: Phrase[]): Map<string, number> {
  const match = READING.exec(typed);
  const reading = match?.[0].replace(TONES, '') ?? '';
  const words = normalise(match === null ? typed : typed.slice(0, match.index));
  const scores = new Map<string, number>();
  for (const phrase of phrases) {
    const score = phraseScore(phrase, words, reading);
    if (score > 0)
      for (const [place, code] of phrase.codes.entries())
        scores.set(code, Math.max(scores.get(code) ?? 0, score - place));
  }
  return scores;
}

function phraseScore(phrase: Phrase, words: string, reading: string): number {
  const text = normalise(phrase.text);
  if (reading !== '')
    return text.startsWith(words) && reads(phrase, length(words), reading) ? PHRASE_START : 0;
  if (text === words) return PHRASE_EXACT;
  const long = length(words) > 1;
  if (long && text.startsWith(words)) return PHRASE_START;
  return words.includes(text) || (long && text.includes(words)) ? PHRASE_INSIDE : 0;
}

const reads = (phrase: Phrase, start: number, reading: string): boolean =>
  phrase.zhuyin.slice(start).join('').startsWith(reading);

function byText(row: Row, typed: string): number {
  const said = typed.replace(READING, '');
  const [words, text] = [normalise(said), normalise(row.text)];
  if (words === '') return 0;
  if (text.includes(words)) return TEXT;
  const terms = said
    .split(/\s+/)
    .filter((term) => term !== '')
    .map(normalise);
  if (terms.length > 1 && terms.every((term) => text.includes(term))) return TERMS;
  return pairs(words, text);
}

/** The share of the query's neighbouring pairs that the text holds, from a half on. */
function pairs(words: string, text: string): number {
  const letters = Array.from(words);
  const all = letters.slice(0, -1).map((letter, at) => letter + (letters[at + 1] ?? ''));
  const held = all.filter((pair) => text.includes(pair)).length;
  return all.length > 0 && held * 2 >= all.length ? Math.floor((PAIRS * held) / all.length) : 0;
}
