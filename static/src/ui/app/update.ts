/** A new version waits until the person asks for it, and is not offered while work is unsent. */

import { registerSW } from 'virtual:pwa-register';
import { shallowRef } from 'vue';

export const updateWaiting = shallowRef<(() => Promise<void>) | null>(null);

export function watchForUpdates(): void {
  const update = registerSW({
    onNeedRefresh() {
      updateWaiting.value = () => update(true);
    },
  });
}
