import { onBeforeUnmount, type Ref, ref } from 'vue';
import type { Engine } from '../../engine';

/** Words that are no operation yet: they stand on this device until they are used, so that a way back loses none of them. */
export function useKept(
  engine: Pick<Engine, 'draft' | 'keepDraft'>,
  key: string,
): { text: Ref<string>; keep: () => Promise<void>; clear: () => Promise<void> } {
  const text = ref('');
  let kept = '';

  void engine.draft(key).then((found) => {
    if (typeof found !== 'string') return;
    kept = found;
    if (text.value === '') text.value = found;
  });

  async function keep(): Promise<void> {
    if (text.value === kept) return;
    kept = text.value;
    await engine.keepDraft(key, kept === '' ? null : kept);
  }

  onBeforeUnmount(() => void keep().catch(() => undefined));
  return {
    text,
    keep,
    async clear() {
      text.value = '';
      await keep();
    },
  };
}
