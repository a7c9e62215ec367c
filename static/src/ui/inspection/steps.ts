/** The day as a checklist: what is done, what is open, and what comes next. */
import { computed } from 'vue';
import { signatureId } from '../../domain/ids';
import { shownValue } from '../../domain/operations';
import type { Inspection } from '../core/inspection';
import { ATTENDANCE } from '../core/words';

export interface Step {
  name: string;
  text: string;
  detail: string;
  state: 'open' | 'begun' | 'done';
}

const one = (name: string, text: string, detail: string, state: Step['state']): Step => ({
  name,
  text,
  detail,
  state,
});
const stateOf = (done: boolean, begun: boolean): Step['state'] => (done ? 'done' : begun ? 'begun' : 'open');

export function useSteps(inspection: Inspection) {
  return computed(() => {
    const rows = [
      basics(inspection),
      attendance(inspection),
      findings(inspection),
      merits(inspection),
      tests(inspection),
    ];
    return [
      ...rows,
      scores(inspection),
      ...(inspection.isLeader.value ? [points(inspection)] : []),
      ...signing(inspection),
    ];
  });
}

function basics({ value, id }: Inspection): Step {
  const filled = ['weather', 'progress_planned_bp', 'progress_actual_bp', 'works_now'].filter(
    (field) => value('visit', id, field) !== null,
  ).length;
  return one(
    'basics',
    '基本資料與進度',
    filled === 4 ? '已填' : `已填 ${filled} 項，共 4 項`,
    stateOf(filled === 4, filled > 0),
  );
}

function attendance({ list }: Inspection): Step {
  const rows = list('attendance');
  const present = rows.filter((row) => shownValue(row, 'present') === true).length;
  const absent = rows.filter((row) => shownValue(row, 'present') === false).length;
  const must = ATTENDANCE.filter((role) => 'must' in role);
  const done = must.every((role) =>
    rows.some((row) => shownValue(row, 'role') === role.value && shownValue(row, 'present') !== null),
  );
  return one(
    'attendance',
    '出席簽到',
    rows.length ? `出席 ${present} 人，缺席 ${absent} 人` : '尚未登錄',
    stateOf(done, rows.length > 0),
  );
}

function findings({ list }: Inspection): Step {
  const rows = list('finding');
  const count = (kind: string) => rows.filter((row) => shownValue(row, 'kind') === kind).length;
  const parts = [
    `缺失 ${count('defect')} 項`,
    `規劃設計 ${count('design')} 項`,
    `其他建議 ${count('advice')} 項`,
  ];
  return one(
    'findings',
    '缺失與建議',
    rows.length ? parts.join('，') : '尚未記錄',
    stateOf(false, rows.length > 0),
  );
}

function merits({ list }: Inspection): Step {
  const count = list('merit').length;
  return one('merits', '優點', count ? `${count} 項` : '尚未記錄', stateOf(false, count > 0));
}

function tests({ list }: Inspection): Step {
  const count = list('test').length;
  return one('tests', '抽驗', count ? `${count} 項` : '未實施', stateOf(false, count > 0));
}

function scores({ engine, isStaff, scorers, handedIn }: Inspection): Step {
  if (isStaff.value) {
    const count = scorers.value.filter((member) => handedIn(member.account)).length;
    return one(
      'on-behalf',
      '委員評分代登',
      `已交 ${count} 份，共 ${scorers.value.length} 份`,
      stateOf(count === scorers.value.length, count > 0),
    );
  }
  const mine = handedIn(engine.account.id);
  return one('score', '我的評分', mine ? '已交卷' : '尚未交卷', stateOf(mine, false));
}

function points({ list, value, id, roomCleared }: Inspection): Step {
  const rows = list('finding').filter((row) => shownValue(row, 'kind') === 'defect');
  const agreed = rows.filter((row) => shownValue(row, 'agreed') === true).length;
  const done = value('visit', id, 'points_agreed') === true;
  const detail = done
    ? '已議定'
    : roomCleared.value
      ? `已議定 ${agreed} 項，共 ${rows.length} 項`
      : '清場後開始';
  return one('points', '扣點會議', detail, stateOf(done, roomCleared.value));
}

function signing({ team, value, id, closed, state, scorers }: Inspection): Step[] {
  const signed = team.value.filter(
    (member) => value('signature', signatureId(id, member.account), 'signed_at') !== null,
  );
  const all = scorers.value.every((member) => signed.includes(member));
  const sent =
    state.value.send === 'safe'
      ? '伺服器已收妥'
      : state.value.waiting > 0
        ? `等待傳送 ${state.value.waiting} 筆`
        : '已傳送';
  return [
    one(
      'signatures',
      '簽名',
      `小組已簽 ${signed.length} 人，共 ${team.value.length} 人`,
      stateOf(all, signed.length > 0),
    ),
    one('closing', '結束查核', closed.value ? `已結束，${sent}` : '尚未結束', stateOf(closed.value, false)),
  ];
}

/** The step after the furthest one begun: merits and tests may rightly stay empty. Then what is begun but not done at the end. */
export function nextStep(steps: Step[]): Step | undefined {
  const furthest = steps.findLastIndex((step) => step.state !== 'open');
  const last = ['points', 'signatures'];
  return (
    steps.slice(furthest + 1).find((step) => step.state === 'open') ??
    steps.find((step) => last.includes(step.name) && step.state === 'begun')
  );
}
