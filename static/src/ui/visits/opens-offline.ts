/** Whether the app itself lies on this device: an active worker has taken all of it along. Without, nothing opens offline. */
export async function opensOffline(): Promise<boolean> {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  return registration?.active != null;
}
