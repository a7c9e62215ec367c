/** A new version waits until the person asks for it, and is not offered while work is unsent. */

import { registerSW } from 'virtual:pwa-register';
import { shallowRef } from 'vue';
import { flushAll } from '../core/saver';

export const updateWaiting = shallowRef<(() => Promise<void>) | null>(null);

export function watchForUpdates(): void {
  const update = registerSW({
    onNeedRefresh() {
      updateWaiting.value = async () => {
        await reloadUncontrolled();
        await update(true);
      };
    },
    // Another tab may have asked for it: what is typed here is saved first. What cannot be saved stays on the screen, and
    // this page goes on as it is, since it has everything loaded.
    onNeedReload: reload,
  });
}

function reload(): void {
  void flushAll().then((isSaved) => isSaved && window.location.reload());
}

/** A page that is open since the very first visit is nobody's: it hears of no change of control, and looks by itself. */
async function reloadUncontrolled(): Promise<void> {
  const { controller } = navigator.serviceWorker;
  const waiting = (await navigator.serviceWorker.getRegistration())?.waiting;
  if (controller === null)
    waiting?.addEventListener('statechange', () => waiting.state === 'activated' && reload());
}
