import { onScopeDispose, type Ref, ref } from 'vue';

/** Whether list and detail fit side by side. */
export function useWide(): Readonly<Ref<boolean>> {
  const query = window.matchMedia('(min-width: 900px)');
  const wide = ref(query.matches);
  const changed = (event: MediaQueryListEvent): void => {
    wide.value = event.matches;
  };
  query.addEventListener('change', changed);
  onScopeDispose(() => query.removeEventListener('change', changed));
  return wide;
}
