import { nextTick, onMounted, type ShallowRef } from 'vue';

/** What was decided leaves the screen with its buttons: the keyboard goes on from the heading, not from nowhere. */
export async function keepPlace(): Promise<void> {
  await nextTick();
  const { activeElement, body } = document;
  if (activeElement === null || activeElement === body) document.querySelector('h1')?.focus();
}

/** What somebody has just added is where the next word goes. */
export function enterWhenFresh(
  root: Readonly<ShallowRef<HTMLElement | null>>,
  fresh: boolean | undefined,
): void {
  onMounted(() => {
    if (fresh) root.value?.querySelector<HTMLElement>('textarea, input:not([type=radio])')?.focus();
  });
}
