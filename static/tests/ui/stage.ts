/** A component on the real engine: real store, simulated server, router and contexts as the app gives them. */
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils';
import { afterEach } from 'vitest';
import { type Component, defineComponent, h, type ShallowRef } from 'vue';
import { createMemoryHistory } from 'vue-router';
import type { Engine, InspectionState } from '../../src/engine';
import { createFieldRouter } from '../../src/ui/app/router';
import { type Inspection, provideInspection } from '../../src/ui/core/inspection';
import { useLive } from '../../src/ui/core/live';
import { failedForms, unsavedForms } from '../../src/ui/core/saver';
import { createSession, type Entrance, SESSION_KEY } from '../../src/ui/core/session';
import { type Bench, INSPECTION } from '../data/bench';

export interface Stage {
  wrapper: VueWrapper;
  inspection: Inspection;
}

/** Every timer and every write is over, however slow the machine is. */
export async function settled(times = 6): Promise<void> {
  const latest = Date.now() + 20_000;
  for (let at = 0; at < times; at += 1) {
    await flushPromises();
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (writing() && Date.now() < latest) at = 0;
  }
}

let staged: Engine | null = null;
const writing = (): boolean =>
  (unsavedForms.value > 0 && failedForms.value === 0) || staged?.status.get().saved === false;

/** What the tests of one file open and show; both are gone after each of them. */
export function onStage(): { opened: Bench | null; shown: Stage | null } {
  const on: ReturnType<typeof onStage> = { opened: null, shown: null };
  afterEach(async () => {
    on.shown?.wrapper.unmount();
    await settled(2);
    staged = null;
    await on.opened?.end();
    document.body.innerHTML = '';
  });
  return on;
}

const UNASKED = async (): Promise<never> => {
  throw new Error('nobody is at the door');
};

/** The person at work has no PIN; their engine is open. */
export const entranceTo = (engine: Engine): Entrance => ({
  known: async () => [{ login: 'leader', account: engine.account, device: engine.device, lastSignIn: 0 }],
  atWork: async () => 'leader',
  keepAtWork: async () => undefined,
  isLocked: async () => false,
  open: async () => engine,
  signIn: UNASKED,
  unlock: UNASKED,
  recover: UNASKED,
  setPin: UNASKED,
  changePin: UNASKED,
  signedIn: () => undefined,
});

export async function stage(
  engine: Engine,
  component: Component,
  props: Record<string, unknown> = {},
): Promise<Stage> {
  staged = engine;
  const session = createSession(entranceTo(engine));
  await session.resume();
  let inspection: Inspection | null = null;
  const host = defineComponent({
    setup() {
      const state = useLive(engine.inspection(INSPECTION)) as Readonly<ShallowRef<InspectionState>>;
      const opened = provideInspection(INSPECTION, engine, state);
      inspection = opened;
      return () => (state.value === null ? null : h(component, props));
    },
  });
  const router = createFieldRouter(createMemoryHistory(), session);
  await router.push({ name: 'visit', params: { id: INSPECTION } });
  const wrapper = mount(host, {
    attachTo: document.body,
    global: { plugins: [router], provide: { [SESSION_KEY as symbol]: session } },
  });
  await settled();
  return { wrapper, inspection: inspection as unknown as Inspection };
}
