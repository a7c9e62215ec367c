/** Deadlines to show on the tablet. The server's answer counts; this is the same rule on the same calendar. Days are YYYY-MM-DD. */
import published from '../../../inspect_app/domain/data/calendar.json';
import type { Rules } from './rules';

const DAY = 24 * 60 * 60_000;
const LONGEST = 2_000;

export interface Calendar {
  holidays: Set<string>;
  makeup: Set<string>;
  /** typhoon days and the like of one place */
  closures: Set<string>;
  first: string;
  last: string;
}

export function governmentCalendar(closures: Iterable<string> = []): Calendar {
  const { holidays, makeup, first, last } = published;
  return { holidays: new Set(holidays), makeup: new Set(makeup), closures: new Set(closures), first, last };
}

/** Whether offices work: never on a closure, always on a make-up day, else on weekdays that are no holiday. */
export function works(day: string, calendar: Calendar): boolean {
  if (calendar.closures.has(day)) return false;
  return calendar.makeup.has(day) || (isWeekday(day) && !calendar.holidays.has(day));
}

const isWeekday = (day: string): boolean => ![0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay());

export const plusDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);

export const daysBetween = (from: string, until: string): number =>
  Math.round((Date.parse(`${until}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY);

export interface Due {
  due: string;
  days: string[];
  /** false where a part lies outside the published calendar: only weekends were taken off there */
  covered: boolean;
}

/** The day on which the n-th working day falls; 0 days is the start itself. RangeError outside 0-2000. */
export function due(
  start: string,
  workingDays: number,
  calendar: Calendar,
  rules: Rules,
  countFirstDay: boolean = rules.count_first_day,
): Due {
  if (!(workingDays >= 0 && workingDays <= LONGEST)) throw new RangeError(`working days: ${workingDays}`);
  const days: string[] = [];
  for (
    let day = countFirstDay ? start : plusDays(start, 1);
    days.length < workingDays;
    day = plusDays(day, 1)
  )
    if (works(day, calendar)) days.push(day);
  const last = days.at(-1) ?? start;
  return { due: last, days, covered: covers(start, calendar) && covers(last, calendar) };
}

const covers = (day: string, calendar: Calendar): boolean => calendar.first <= day && day <= calendar.last;

/** The last day to send the inspection record (art 9). */
export const recordDue = (inspected: string, calendar: Calendar, rules: Rules): Due =>
  due(inspected, rules.record_days, calendar, rules);

export interface Overdue {
  /** calendar days after the deadline, negative before it */
  days: number;
  step: string | null;
  label: string;
}

/** Where a case stands on the ladder on a day. */
export function overdue(deadline: string, on: string, rules: Rules): Overdue {
  const days = daysBetween(deadline, on);
  const reached = rules.overdue_ladder.filter((rung) => days >= rung.after);
  const rung = reached.reduce<(typeof reached)[number] | null>(
    (best, next) => (best === null || next.after > best.after ? next : best),
    null,
  );
  return { days, step: rung?.step ?? null, label: rung?.text ?? '期限內' };
}
