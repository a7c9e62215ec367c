import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import { scoreSheetId } from '../../src/domain/ids';
import Awaited from '../../src/ui/closing/Awaited.vue';
import { bench, INSPECTION, until } from '../data/bench';
import { onStage, settled, stage } from './stage';

const on = onStage();

/** The leader has handed in and closed; the member's tablet is at hand. */
async function closed() {
  on.opened = await bench('leader');
  const { engine } = on.opened;
  const member = await on.opened.another('member');
  const handIn = async (who: typeof engine): Promise<void> => {
    const handed_in_at = '2026-11-23T03:00:00Z';
    await who.edit(INSPECTION, 'score_sheet', scoreSheetId(INSPECTION, who.account.id), { handed_in_at });
    await who.sendNow();
  };
  await handIn(engine);
  await engine.close(INSPECTION);
  await engine.sendNow();
  await member.engine.sendNow();
  on.shown = await stage(engine, Awaited);
  const { wrapper } = on.shown;
  const name = member.account.id; // the package of these tests names people by their ids
  return { engine, member: member.engine, name, handIn, text: () => wrapper.text().replace(/\s+/g, '') };
}

test('the leader reads who has not handed in, and what to do', async () => {
  const { text, name } = await closed();
  expect(text()).toContain(`還沒有交評分表：${name}`);
  expect(text()).toContain('重新開啟查核');
});

test('who hands in after the closing is named as late; opened again, all sheets count and the hint goes', async () => {
  const { engine, member, name, handIn, text } = await closed();
  await handIn(member);
  await engine.sendNow();
  await settled();
  expect(text()).toContain(`${name}在結束查核之後才交出評分表`);
  await engine.reopen(INSPECTION);
  await engine.sendNow();
  await until(engine, ({ sheets }) => sheets.length === 0);
  await settled();
  expect(text()).toBe('');
  await engine.close(INSPECTION);
  await engine.sendNow();
  const state = await until(engine);
  expect(state.fold.late).toEqual([]);
  expect(state.fold.log.filter(({ operation }) => operation.entity === 'score_sheet')).toHaveLength(2);
});
