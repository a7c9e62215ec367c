/** What a leader would want to know before closing. It reminds; the law does not make it block. */
import { signatureId } from '../../domain/ids';
import { shownValue, undecided, withdrawn } from '../../domain/operations';
import type { Inspection } from '../core/inspection';
import { ATTENDANCE } from '../core/words';

export interface Missing {
  text: string;
  /** route name of the screen where it is mended */
  where: string;
}

export function missingOf(inspection: Inspection): Missing[] {
  return [...basics(inspection), ...people(inspection), ...findings(inspection), ...ends(inspection)];
}

function basics({ id, value }: Inspection): Missing[] {
  const words: Record<string, string> = {
    progress_planned_bp: '預定進度',
    progress_actual_bp: '實際進度',
    works_now: '目前施工概況',
  };
  const blank = Object.keys(words).filter((field) => value('visit', id, field) === null);
  return blank.length
    ? [{ text: `基本資料未填：${blank.map((field) => words[field]).join('、')}`, where: 'basics' }]
    : [];
}

function people({ id, list, scorers, team, value, handedIn }: Inspection): Missing[] {
  const rows = list('attendance');
  const known = (role: string) =>
    rows.some((row) => shownValue(row, 'role') === role && shownValue(row, 'present') !== null);
  const unknown = ATTENDANCE.filter((role) => 'must' in role && !known(role.value)).map((role) => role.text);
  const unexplained = rows.filter(
    (row) => shownValue(row, 'present') === false && !shownValue(row, 'absence_reason'),
  ).length;
  const sheets = scorers.value.filter((it) => !handedIn(it.account));
  const unsigned = team.value.filter(
    (it) => value('signature', signatureId(id, it.account), 'signed_at') === null,
  );
  return [
    ...unless(unknown.length, `應到場人員未登錄：${unknown.join('、')}`, 'attendance'),
    ...unless(unexplained, `${unexplained} 人缺席沒有寫原因`, 'attendance'),
    ...unless(sheets.length, `尚未收到評分表：${sheets.map((it) => it.name).join('、')}`, 'score'),
    ...unless(unsigned.length, `尚未簽名：${unsigned.map((it) => it.name).join('、')}`, 'signatures'),
  ];
}

function findings({ list }: Inspection): Missing[] {
  const defects = list('finding').filter((it) => (shownValue(it, 'kind') ?? 'defect') === 'defect');
  const count = (test: (finding: (typeof defects)[number]) => boolean) => defects.filter(test).length;
  const photographed = new Set(list('photo').map((photo) => shownValue(photo, 'finding')));
  const blank = list('finding').filter((it) => !shownValue(it, 'text')).length;
  const merits = list('merit').filter((it) => !shownValue(it, 'text')).length;
  const coded = count((it) => shownValue(it, 'code') === null);
  const open = count((it) => shownValue(it, 'agreed') !== true);
  const bare = count(
    (it) =>
      shownValue(it, 'agreed') === true &&
      Number(shownValue(it, 'points') ?? 0) > 0 &&
      !photographed.has(it.id),
  );
  return [
    ...unless(coded, `${coded} 項缺失沒有編號`, 'findings'),
    ...unless(blank, `${blank} 項缺失與建議還沒寫內容`, 'findings'),
    ...unless(merits, `${merits} 項優點沒有內容，請補寫或刪除`, 'merits'),
    ...unless(open, `${open} 項缺失尚未議定扣點`, 'points'),
    ...unless(bare, `${bare} 項有扣點的缺失沒有照片或影本`, 'findings'),
  ];
}

function ends({ id, value, fold, state }: Inspection): Missing[] {
  const torn = undecided(fold.value).length;
  const gone = withdrawn(fold.value).length;
  const waiting = state.value.waiting;
  return [
    ...unless(value('visit', id, 'improvement_deadline') === null, '尚未訂改善期限', 'points'),
    ...unless(torn, `${torn} 處寫法不同，尚未選定；選定前不能送委員確認`, 'late'),
    ...unless(gone, `${gone} 項刪除以後另有補寫，尚未決定；決定前不能送委員確認`, 'late'),
    ...unless(waiting, `這台裝置還有 ${waiting} 筆沒有傳送`, 'visit-sync'),
  ];
}

const unless = (is: unknown, text: string, where: string): Missing[] => (is ? [{ text, where }] : []);
