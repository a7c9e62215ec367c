/** Codes as people type them: 5.01.01, 50101, 5 1 1, full-width. */
const SEPARATORS = /[\s.,、。．·_/-]+/;
const EDGES = /^[.。、,]+|[.。、,]+$/g;
const CANONICAL = /^\d(\.\d{2})*$/;

/** The canonical code (one digit, then pairs), or null when it is no code. */
export function normaliseCode(text: string): string | null {
  const parts = text.normalize('NFKC').trim().replace(EDGES, '').split(SEPARATORS);
  if (!parts.every((part) => /^[0-9]+$/.test(part))) return null;
  const [first = '', ...rest] = parts;
  return rest.length === 0 ? fromDigits(first) : fromParts(first, rest);
}

function fromDigits(digits: string): string | null {
  if (digits.length % 2 === 0) return null;
  return [digits.charAt(0), ...(digits.slice(1).match(/../g) ?? [])].join('.');
}

function fromParts(first: string, rest: string[]): string | null {
  const code = [first.replace(/^0+/, '') || '0', ...rest.map((part) => part.padStart(2, '0'))].join('.');
  return CANONICAL.test(code) ? code : null;
}
