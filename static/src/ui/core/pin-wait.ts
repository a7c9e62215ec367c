/** Whose PIN may be tried when: read from the lock on this device, counted down on the screen. */
import { type ComputedRef, computed, onScopeDispose, ref, type ShallowRef, shallowRef } from 'vue';
import { lockOf, MOST_TRIES, type PinLock, waitOf } from '../../engine';

export interface PinWait {
  lock: Readonly<ShallowRef<PinLock | null>>;
  /** only the password opens any more */
  blocked: ComputedRef<boolean>;
  /** until the next try */
  seconds: ComputedRef<number>;
  /** reads the lock anew: after each try */
  look(): Promise<void>;
}

export function usePinWait(account: () => string): PinWait {
  const lock = shallowRef<PinLock | null>(null);
  const now = ref(Date.now());
  const ticking = setInterval(() => {
    now.value = Date.now();
  }, 500);
  onScopeDispose(() => clearInterval(ticking));
  return {
    lock,
    blocked: computed(() => (lock.value?.tries ?? 0) >= MOST_TRIES),
    seconds: computed(() => (lock.value === null ? 0 : Math.ceil(waitOf(lock.value, now.value) / 1000))),
    async look() {
      lock.value = await lockOf(account());
      now.value = Date.now();
    },
  };
}
