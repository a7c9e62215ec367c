/** Keeps the screen on where the browser allows it; returns the way to let go. */
export function holdScreen(): () => void {
  let held: WakeLockSentinel | null = null;
  let over = false;

  async function hold(): Promise<void> {
    if (over || document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    try {
      held = await navigator.wakeLock.request('screen');
      if (over) await held.release();
    } catch {
      held = null; // refused on low battery: sending goes on without it
    }
  }

  const again = (): void => void hold();
  document.addEventListener('visibilitychange', again);
  void hold();
  return () => {
    over = true;
    document.removeEventListener('visibilitychange', again);
    void held?.release();
  };
}
