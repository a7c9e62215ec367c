/** Whose PIN may be tried when: read from the lock on this device, counted down on the screen. */
import { type ComputedRef, computed, onScopeDispose, ref, type ShallowRef, shallowRef } from 'vue';
import { lockOf, MOST_TRIES, type PinLock, waitOf } from '../../engine';

export interface PinWait {
  lock: Readonly<ShallowRef<PinLock | null>>;
  /** only the password opens any more */
  blocked: ComputedRef<boolean>;
  /** how many tries are left, once they are few; '' before */
  few: ComputedRef<string>;
  /** until the next try */
  seconds: ComputedRef<number>;
  /** reads the lock anew: after each try */
  look(): Promise<void>;
}

const FEW = 5;

/** Who has no network has to know before the last one. */
const fewLeft = (left: number): string =>
  left > FEW || left <= 0 ? '' : `還可以試 ${left} 次，之後要連上網路用登入密碼開啟。`;

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
    few: computed(() => fewLeft(MOST_TRIES - (lock.value?.tries ?? 0))),
    seconds: computed(() => (lock.value === null ? 0 : Math.ceil(waitOf(lock.value, now.value) / 1000))),
    async look() {
      lock.value = await lockOf(account());
      now.value = Date.now();
    },
  };
}
