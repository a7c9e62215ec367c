/** A new version waits until the person asks for it, and is not offered while work is unsent. */

import { registerSW } from 'virtual:pwa-register';
import { shallowRef } from 'vue';
import { flushAll } from '../core/saver';

export const updateWaiting = shallowRef<(() => Promise<void>) | null>(null);

export function watchForUpdates(): void {
  const update = registerSW({
    onNeedRefresh() {
      updateWaiting.value = () => update(true);
    },
    // Another tab may have asked for it: what is typed here is saved first. What cannot be saved stays on the screen, and
    // this page goes on as it is, since it has everything loaded.
    onNeedReload: () => void flushAll().then((isSaved) => isSaved && window.location.reload()),
  });
}
