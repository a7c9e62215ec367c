import { nextTick } from 'vue';

/** What was decided leaves the screen with its buttons: the keyboard goes on from the heading, not from nowhere. */
export async function keepPlace(): Promise<void> {
  await nextTick();
  const { activeElement, body } = document;
  if (activeElement === null || activeElement === body) document.querySelector('h1')?.focus();
}
