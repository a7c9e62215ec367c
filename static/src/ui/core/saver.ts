/**
 * What is typed reaches the disk: at most DELAY after the last key, at once when the field is left, the page is hidden or
 * the screen goes. "Saved" is said only when the engine has said durable. What failed stays on the screen and is tried again.
 */
import { computed, onScopeDispose, ref, shallowReactive, shallowRef } from 'vue';
import { type Json, sameJson } from '../../domain/json';
import type { Patch } from '../../domain/operations/operation';
import { sentenceOf } from './words';

export const DELAY = 350;

/** Per field, the operation whose value the person saw when the typing began. */
export type Seen = Record<string, string | null>;

export interface Shown {
  value: Json;
  operation: string | null;
}

interface Typed {
  value: Json;
  seen: string | null;
  durable: boolean;
}

/** Forms with something not yet on the disk, over all screens: the strip says 儲存中 while there is one. */
export const unsavedForms = ref(0);

/** Of these, the ones whose last try failed: nothing of them is saved before somebody has read why. */
export const failedForms = ref(0);

const openForms = new Set<() => Promise<boolean>>();

/** Saves what every form on the screen holds; false when something could not be saved. */
export async function flushAll(): Promise<boolean> {
  const done = await Promise.all([...openForms].map((flush) => flush()));
  return done.every(Boolean);
}

export interface Saver {
  /** What to show in a field: what is typed, else what the log says. */
  value(field: string): Json;
  put(field: string, value: Json): void;
  /** What stands in the box is no value of the field: it is told as not saved until a value comes. */
  hold(field: string, why: string): void;
  /** Puts and saves at once: for choices, where there is nothing more to type. */
  choose(set: Patch): Promise<boolean>;
  flush(): Promise<boolean>;
  /** The log changed: forget what it now shows itself. */
  settle(): void;
  readonly state: 'saved' | 'saving' | 'failed';
  readonly error: string | null;
  /** The field at fault, where the failure names one. */
  readonly errorField: string | null;
}

export function useSaver(
  shown: (field: string) => Shown,
  write: (set: Patch, seen: Seen) => Promise<void>,
): Saver {
  const typed = shallowReactive(new Map<string, Typed>());
  const held = shallowReactive(new Map<string, string>());
  const failure = shallowRef<{ text: string; field: string | null } | null>(null);
  const busy = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<boolean> = Promise.resolve(true);
  let counted = false;
  let isFailed = false;

  const open = (): [string, Typed][] => [...typed].filter(([, it]) => !it.durable);
  const state = computed(() => {
    if (failure.value !== null || held.size > 0) return 'failed' as const;
    return busy.value || open().length > 0 ? ('saving' as const) : ('saved' as const);
  });

  function count(): void {
    const unsaved = open().length > 0;
    if (unsaved !== counted) unsavedForms.value += unsaved ? 1 : -1;
    counted = unsaved;
    const failed = failure.value !== null;
    if (failed !== isFailed) failedForms.value += failed ? 1 : -1;
    isFailed = failed;
  }

  function put(field: string, value: Json): void {
    held.delete(field);
    const before = typed.get(field);
    const seen = before && !before.durable ? before.seen : shown(field).operation;
    typed.set(field, { value, seen, durable: false });
    count();
    clearTimeout(timer);
    timer = setTimeout(() => void flush(), DELAY);
  }

  /** A value that was only half typed (`16` of `162`) is not saved either. */
  function hold(field: string, why: string): void {
    held.set(field, why);
    if (typed.get(field)?.durable === false) typed.delete(field);
    count();
  }

  function choose(set: Patch): Promise<boolean> {
    for (const [field, value] of Object.entries(set)) put(field, value);
    return flush();
  }

  function flush(): Promise<boolean> {
    clearTimeout(timer);
    running = running.then(save, save);
    return running;
  }

  async function save(): Promise<boolean> {
    const entries = open();
    if (entries.length === 0) return state.value !== 'failed';
    busy.value = true;
    try {
      await write(
        Object.fromEntries(entries.map(([field, it]) => [field, it.value])),
        Object.fromEntries(entries.map(([field, it]) => [field, it.seen])),
      );
      for (const [field, it] of entries)
        if (typed.get(field) === it) typed.set(field, { ...it, durable: true });
      failure.value = null;
      settle();
    } catch (error) {
      failure.value = { text: sentenceOf(error), field: fieldOf(error) };
    } finally {
      busy.value = false;
      count();
    }
    return state.value !== 'failed';
  }

  function settle(): void {
    for (const [field, it] of typed) {
      if (!it.durable) continue;
      const now = shown(field);
      if (now.operation !== it.seen || sameJson(now.value, it.value)) typed.delete(field);
    }
  }

  const hidden = (): void => {
    if (document.visibilityState === 'hidden') void flush();
  };
  const leave = (): void => void flush();
  /** Closing or loading anew would lose what is not on the disk yet: the browser asks, and meanwhile it is saved. */
  const stay = (event: Event): void => {
    if (state.value === 'saved') return;
    event.preventDefault();
    void flush();
  };
  document.addEventListener('visibilitychange', hidden);
  window.addEventListener('pagehide', leave);
  window.addEventListener('beforeunload', stay);
  openForms.add(flush);
  onScopeDispose(() => {
    openForms.delete(flush);
    document.removeEventListener('visibilitychange', hidden);
    window.removeEventListener('pagehide', leave);
    window.removeEventListener('beforeunload', stay);
    void flush().then(() => {
      if (counted) unsavedForms.value -= 1;
      if (isFailed) failedForms.value -= 1;
      counted = false;
      isFailed = false;
    });
  });

  return {
    value: (field) => (typed.has(field) ? (typed.get(field) as Typed).value : shown(field).value),
    put,
    hold,
    choose,
    flush,
    settle,
    get state() {
      return state.value;
    },
    get error() {
      return failure.value?.text ?? [...held.values()][0] ?? null;
    },
    get errorField() {
      return failure.value?.field ?? null;
    },
  };
}

function fieldOf(error: unknown): string | null {
  const field = typeof error === 'object' && error !== null ? (error as { field?: unknown }).field : null;
  return typeof field === 'string' ? field : null;
}
