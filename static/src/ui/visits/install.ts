/** Whether the app stands on the home screen, and how it gets there. */
import { shallowRef } from 'vue';

interface InstallPrompt extends Event {
  prompt(): Promise<void>;
}

export const installPrompt = shallowRef<InstallPrompt | null>(null);

window.addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault();
  installPrompt.value = event as InstallPrompt;
});

export const installed = (): boolean =>
  window.matchMedia('(display-mode: standalone)').matches ||
  (navigator as Navigator & { standalone?: boolean }).standalone === true;

export const onApple = (): boolean =>
  /iPad|iPhone|Macintosh.*Mobile/.test(navigator.userAgent) || isDesktopIpad();

const isDesktopIpad = (): boolean =>
  navigator.userAgent.includes('Macintosh') && navigator.maxTouchPoints > 1;
