/** Dates as the field writes them, from a moment or a day (YYYY-MM-DD): the ROC calendar, always in Taipei's time. */
import { governmentCalendar, plusDays, works } from '../../domain/deadlines';
import { formatDay, taipeiDay, taipeiTime } from '../../domain/roc';

type When = string | number;

const isDay = (when: When): when is string => typeof when === 'string' && when.length === 10;
const dayOf = (when: When): string => (isDay(when) ? when : taipeiDay(when));

/** 民國115年11月23日（一）. */
export const longDate = (when: When): string => formatDay(dayOf(when));

/** 11月23日（一）. */
export const shortDate = (when: When): string => longDate(when).replace(/^.*年/, '');

/** 11月23日（一）14:05. */
export const moment = (when: When): string => `${shortDate(when)}${taipeiTime(when)}`;

/** The legal date of a moment. */
export const isoDay = (when: number): string => taipeiDay(when);

/** ISO UTC without a fraction, as operations carry it. */
export const isoMoment = (when: number): string => `${new Date(when).toISOString().slice(0, 19)}Z`;

const calendar = governmentCalendar();

/** Working days after `from` up to and with `to`; `covered` is false where the published calendar ends before. */
export function workingDaysUntil(from: string, to: string): { days: number; covered: boolean } {
  let days = 0;
  for (let day = plusDays(from, 1); day <= to; day = plusDays(day, 1)) if (works(day, calendar)) days += 1;
  return { days, covered: to <= calendar.last };
}

export { plusDays as daysAfter };
