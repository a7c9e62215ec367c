/** What the list of visits shows: what the server offers, together with what is already on this device. */

import type { InspectionSummary, PackageLine } from '../../engine';
import { daysAfter } from '../core/dates';

export interface VisitLine {
  id: string;
  role: string;
  date: string | null;
  district: string | null;
  released: boolean;
  /** null before download, and before release to whom it is not told */
  tender: string | null;
  agency: string | null;
  place: string | null;
  summary: InspectionSummary | null;
  /** the server has something newer than this device */
  newer: boolean;
}

export function visitLines(offered: PackageLine[], held: InspectionSummary[]): VisitLine[] {
  const byId = new Map(held.map((summary) => [summary.id, summary]));
  const lines = offered.map((line) => offeredLine(line, byId.get(line.inspection) ?? null));
  const listed = new Set(offered.map((line) => line.inspection));
  const rest = held.filter((summary) => !listed.has(summary.id)).map(heldLine);
  return [...lines, ...rest].sort((one, other) => (one.date ?? '').localeCompare(other.date ?? ''));
}

const RECENT_DAYS = 14;

/** What there is to do: sealed, today, coming, of the last two weeks, or with work on this device; today first. The rest is past. */
export function sorted(lines: VisitLine[], today: string): { todo: VisitLine[]; past: VisitLine[] } {
  const since = daysAfter(today, -RECENT_DAYS);
  const isTodo = (line: VisitLine) =>
    !line.released || line.summary !== null || line.date === null || line.date >= since;
  const ahead = (line: VisitLine) => line.date === null || line.date >= today;
  const todo = lines.filter(isTodo);
  return {
    todo: [...todo.filter(ahead), ...todo.filter((line) => !ahead(line)).reverse()],
    past: lines.filter((line) => !isTodo(line)).reverse(),
  };
}

function offeredLine(line: PackageLine, summary: InspectionSummary | null): VisitLine {
  const base = summary ? heldLine(summary) : null;
  return {
    id: line.inspection,
    role: line.role,
    date: line.date ?? base?.date ?? null,
    district: line.district ?? base?.district ?? null,
    released: line.phase === 'released' || base?.released === true,
    tender: base?.tender ?? null,
    agency: base?.agency ?? null,
    place: base?.place ?? null,
    summary,
    newer: summary !== null && String(summary.package.version) !== String(line.version),
  };
}

function heldLine(summary: InspectionSummary): VisitLine {
  const { package: pack, id } = summary;
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
  return {
    id,
    role: pack.role,
    date: pack.visit.date,
    district: text(pack.visit.district) ?? text(pack.tender.district),
    released: pack.phase === 'released',
    tender: text(pack.tender.name),
    agency: text(pack.tender.agency),
    place: text(pack.tender.place),
    summary,
    newer: false,
  };
}
