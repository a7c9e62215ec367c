/** Taking back instead of asking first: one bar, the latest act. */
import { shallowRef } from 'vue';

export interface Undoable {
  text: string;
  undo: (() => Promise<void>) | null;
}

export const SHOWN_FOR = 10_000;

export const lastAct = shallowRef<Undoable | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says what happened, with a way back where there is one. */
export function tell(text: string, undo: (() => Promise<void>) | null = null): void {
  clearTimeout(timer);
  lastAct.value = { text, undo };
  timer = setTimeout(dismiss, SHOWN_FOR);
}

export function dismiss(): void {
  clearTimeout(timer);
  lastAct.value = null;
}

export async function takeBack(): Promise<void> {
  const act = lastAct.value;
  dismiss();
  await act?.undo?.();
}
