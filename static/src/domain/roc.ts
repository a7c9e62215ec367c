/** Dates as the field writes them: the ROC calendar on screens, Asia/Taipei for every legal date. Days are YYYY-MM-DD. */
const OFFSET = 1911;
const WEEKDAYS = '日一二三四五六';
// Taiwan keeps +08:00 all year (no summer time since 1979).
const TAIPEI_MS = 8 * 60 * 60_000;
const PARTED = /^(?:民國)?(\d{1,4})[./年-](\d{1,2})[./月-](\d{1,2})日?(?:\([一二三四五六日]\))?$/;
const COMPACT = /^(\d{2,3})(\d{2})(\d{2})$/;

/** The day of a ROC text: 1100818, 110.03.10, 110/3/10, 民國110年3月10日, also full-width. null: not a date; never guessed. */
export function parseRoc(text: string): string | null {
  const plain = text.normalize('NFKC').replace(/\s/g, '');
  const match = PARTED.exec(plain) ?? COMPACT.exec(plain);
  if (match === null) return null;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  return year < 1 || year > 200 ? null : realDay(year + OFFSET, month, day);
}

function realDay(year: number, month: number, day: number): string | null {
  const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === text ? text : null;
}

/** 民國115年11月23日（一） */
export function formatDay(day: string): string {
  const { year, month, date, weekday } = partsOf(day);
  return `民國${year}年${month}月${date}日（${weekday}）`;
}

/** 115.11.23 */
export function shortDay(day: string): string {
  const { year, month, date } = partsOf(day);
  return `${year}.${String(month).padStart(2, '0')}.${String(date).padStart(2, '0')}`;
}

/** 1151123, as the tender system writes it */
export function compactDay(day: string): string {
  const { year, month, date } = partsOf(day);
  return `${String(year).padStart(3, '0')}${String(month).padStart(2, '0')}${String(date).padStart(2, '0')}`;
}

function partsOf(day: string): { year: number; month: number; date: number; weekday: string } {
  const at = new Date(`${day}T00:00:00Z`);
  const weekday = WEEKDAYS.charAt(at.getUTCDay());
  return { year: at.getUTCFullYear() - OFFSET, month: at.getUTCMonth() + 1, date: at.getUTCDate(), weekday };
}

/** The legal date in Taiwan of a moment, whatever the tablet's time zone. */
export function taipeiDay(moment: number | string): string {
  return taipei(moment).toISOString().slice(0, 10);
}

/** 14:05 in Taiwan */
export function taipeiTime(moment: number | string): string {
  return taipei(moment).toISOString().slice(11, 16);
}

function taipei(moment: number | string): Date {
  return new Date(new Date(moment).getTime() + TAIPEI_MS);
}
