/** What `ui.chart` writes into a page, and the colours in which it is drawn. */
export interface Series {
  name: string;
  values: (number | null)[];
  /** Where each mark leads. */
  urls?: (string | null)[];
  tone?: string;
}

export interface Place {
  name: string;
  /** Longitude and latitude (WGS84). */
  at: [number, number];
  value: number;
  note: string;
  url: string;
}

export interface Spec {
  type: 'bar' | 'stack' | 'line' | 'heat' | 'map';
  /** Names at the side, bars to the right: for long names. */
  across?: boolean;
  categories: string[];
  series: Series[];
  points?: Place[];
  unit?: string;
}

export interface Mark {
  value: unknown;
  url?: string | null;
  label?: object;
}

const TONES: Record<string, string> = {
  accent: '--accent',
  muted: '--line-strong',
  L: '--severity-l',
  M: '--severity-m',
  S: '--severity-s',
  good: '--safe',
  bad: '--problem',
  wait: '--waiting',
};
const ORDER = ['--accent', '--severity-m', '--line-strong', '--severity-l', '--severity-s'];

/** A token's value as a plain colour: a probe resolves light-dark(). */
export function colour(token: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** The series' own tone, or the next colour that no series has asked for. */
export function toneOf(spec: Spec, series: Series, index: number): string {
  const asked = TONES[series.tone ?? ''];
  if (asked) return colour(asked);
  const free = ORDER.filter((token) => !spec.series.some((one) => TONES[one.tone ?? ''] === token));
  return colour(free[index % free.length] ?? '--accent');
}

export function words(): { color: string; fontSize: number } {
  return { color: colour('--ink-2'), fontSize: 13 };
}
