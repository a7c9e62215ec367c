import { onScopeDispose, type ShallowRef, shallowRef } from 'vue';
import type { Live } from '../../engine';

/** A live value of the engine as a ref, until the component goes. */
export function useLive<T>(live: Live<T>): Readonly<ShallowRef<T>> {
  const shown = shallowRef(live.get()) as ShallowRef<T>;
  onScopeDispose(
    live.subscribe((value) => {
      shown.value = value;
    }),
  );
  return shown;
}
