/** Tells this tab and the others of the same person that something was written. `inspection` null: anything. */
export interface Changes {
  tell(inspection: string | null): void;
  listen(listener: (inspection: string | null) => void): void;
  stop(): void;
}

export function openChanges(name: string): Changes {
  const listeners = new Set<(inspection: string | null) => void>();
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name);
  const call = (inspection: string | null): void => {
    for (const listener of listeners) listener(inspection);
  };
  if (channel !== null) channel.onmessage = (event: MessageEvent<string | null>) => call(event.data);
  return {
    tell(inspection) {
      call(inspection);
      channel?.postMessage(inspection);
    },
    listen: (listener) => void listeners.add(listener),
    stop() {
      listeners.clear();
      channel?.close();
    },
  };
}
