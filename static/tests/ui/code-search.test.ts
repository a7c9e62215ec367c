import { mount } from '@vue/test-utils';
import { afterEach, describe, expect, test } from 'vitest';
import { nextTick } from 'vue';
import { search } from '../../src/domain/catalogue';
import type { CatalogueRow } from '../../src/engine';
import { tableOf } from '../../src/ui/core/catalogue';
import CodeSearch from '../../src/ui/findings/CodeSearch.vue';

const row = (code: string, text: string, parent: string, kind = 'leaf'): CatalogueRow => ({
  code,
  text,
  parent,
  kind,
  range: '',
});
const ROWS = [
  row('5', '施工品質', '', 'heading'),
  row('5.01', '混凝土施工', '5', 'heading'),
  row('5.01.01', '混凝土有冷縫、蜂窩或孔洞', '5.01'),
  row('5.01.02', '混凝土養護不足', '5.01'),
  ...[3, 4, 5, 6, 7].map((at) => row(`5.01.0${at}`, `混凝土其他缺失${at}`, '5.01')),
];
const PHRASES = [{ text: '蜂窩', zhuyin: ['ㄈㄥ', 'ㄨㄛ'], codes: ['5.01.01'] }];
const table = tableOf(
  {
    id: 'e',
    label: '示範混合版',
    effective: '2023-01-01',
    hash: '',
    demo_mix: true,
    rows: ROWS,
    score_sheet: null,
    bands: null,
    rates: null,
    phrases: [{ text: '蜂窩', zhuyin: ['ㄈㄥ', 'ㄨㄛ'], codes: ['5.01.01'] }],
  },
  ['5'],
);

function open() {
  const wrapper = mount(CodeSearch, {
    attachTo: document.body,
    props: { label: '缺失編號', find: table.find, under: table.under },
  });
  const box = wrapper.get('input').element as HTMLInputElement;
  const type = async (text: string, composing = false) => {
    box.value = text;
    box.dispatchEvent(new InputEvent('input', { isComposing: composing, bubbles: true }));
    await nextTick();
  };
  const press = async (key: string, more: KeyboardEventInit = {}) => {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more });
    box.dispatchEvent(event);
    await nextTick();
    return event;
  };
  const codes = () => wrapper.findAll('[role=option] .code').map((it) => it.text());
  const chosen = () => (wrapper.emitted('choose') ?? []).map(([it]) => (it as CatalogueRow).code);
  return { wrapper, type, press, codes, chosen };
}

afterEach(() => {
  document.body.innerHTML = '';
});

describe('finding a code', () => {
  test('the first five, and the rest on demand', async () => {
    const { wrapper, type, codes } = open();
    await type('混凝土');
    const all = search(ROWS, '混凝土', PHRASES).map((it) => it.code);
    expect(all.length).toBeGreaterThan(5);
    expect(codes()).toEqual(all.slice(0, 5));
    await wrapper.get('button').trigger('click');
    expect(codes()).toEqual(all);
  });

  test('half-typed 注音 finds while it is being composed', async () => {
    const { type, codes } = open();
    await type('ㄈㄥ', true);
    expect(codes()[0]).toBe('5.01.01');
  });

  test('Enter and arrows of the input method choose nothing', async () => {
    const { type, press, chosen, wrapper } = open();
    await type('ㄈㄥ ㄨㄛ', true);
    for (const [key, more] of [
      ['Enter', { isComposing: true }],
      ['ArrowDown', { isComposing: true }],
      ['Enter', { keyCode: 229 }],
      ['Escape', { isComposing: true }],
    ] as const)
      expect((await press(key, more)).defaultPrevented).toBe(false);
    expect(chosen()).toEqual([]);
    expect((wrapper.get('input').element as HTMLInputElement).value).toBe('ㄈㄥ ㄨㄛ');
    await type('蜂窩');
    await press('Enter');
    expect(chosen()).toEqual(['5.01.01']);
  });

  test('by keyboard: arrows move, aria-activedescendant follows, Enter chooses', async () => {
    const { type, press, chosen, wrapper } = open();
    await type('50102');
    await press('ArrowDown');
    const active = wrapper.get('input').attributes('aria-activedescendant') as string;
    expect(document.getElementById(active)?.getAttribute('aria-selected')).toBe('true');
    await press('Enter');
    expect(chosen()).toEqual(['5.01.02']);
  });

  test('without a query: down through the headings and up again', async () => {
    const { wrapper, codes, chosen } = open();
    expect(codes()).toEqual(['5']);
    await wrapper.get('[role=option]').trigger('click');
    await wrapper.get('[role=option]').trigger('click');
    expect(codes()).toHaveLength(7);
    await wrapper.get('button').trigger('click');
    expect(codes()).toEqual(['5.01']);
    expect(chosen()).toEqual([]);
  });

  test('nothing found says what to do next and keeps what was typed', async () => {
    const { wrapper, type } = open();
    await type('太空梭');
    expect(wrapper.text()).toContain('找不到「太空梭」');
    expect((wrapper.get('input').element as HTMLInputElement).value).toBe('太空梭');
  });
});
