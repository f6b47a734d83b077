/** What may have changed behind our back: another tab wrote, the page came back, the network did. */
export interface Surroundings {
  /** Tells the other tabs to look into storage. No token goes through the channel. */
  tell(): void;
  close(): void;
}

/** Calls `look` when storage may hold something new, and `wake` when time may have passed unseen. Works without a page, too. */
export function listen(name: string, look: () => void, wake: () => void): Surroundings {
  const channel = openChannel(name);
  if (channel !== undefined) channel.onmessage = look;
  const ends: (() => void)[] = [];
  const on = (target: EventTarget | undefined, type: string, run: (event: Event) => void): void => {
    target?.addEventListener(type, run);
    ends.push(() => target?.removeEventListener(type, run));
  };
  const page = typeof window === "undefined" ? undefined : window;
  on(page, "storage", (event) => (event as StorageEvent).key === name && look());
  on(page, "pageshow", wake);
  on(page, "online", wake);
  on(typeof document === "undefined" ? undefined : document, "visibilitychange", () => {
    if (document.visibilityState === "visible") wake();
  });
  return {
    tell: () => channel?.postMessage("look"),
    close: () => {
      for (const end of ends) end();
      channel?.close();
    },
  };
}

function openChannel(name: string): BroadcastChannel | undefined {
  try {
    const channel = new BroadcastChannel(name);
    // In Node an open channel would keep the process alive.
    (channel as { unref?: () => void }).unref?.();
    return channel;
  } catch {
    return undefined;
  }
}
