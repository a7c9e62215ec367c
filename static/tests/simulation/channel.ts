/** BroadcastChannel within one process and in a fixed order: Node's own comes by another thread, when it likes. */
const open = new Map<string, Set<Channel>>();

class Channel {
  onmessage: ((event: { data: unknown }) => void) | null = null;

  constructor(private readonly name: string) {
    const all = open.get(name) ?? new Set();
    open.set(name, all.add(this));
  }

  postMessage(data: unknown): void {
    for (const other of open.get(this.name) ?? [])
      if (other !== this)
        queueMicrotask(() => open.get(this.name)?.has(other) && other.onmessage?.({ data }));
  }

  close(): void {
    open.get(this.name)?.delete(this);
  }
}

/** Pages that were killed never closed theirs. */
export const silence = (): void => open.clear();

Object.assign(globalThis, { BroadcastChannel: Channel });
