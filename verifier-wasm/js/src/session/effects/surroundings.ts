/** What may have changed behind our back: another tab wrote, the page came back, the network did. */
export interface Surroundings {
  /** Tells the other tabs: to look into storage, or what they cannot find there. */
  tell(message: string): void;
  close(): void;
}

export interface Ears {
  /** A sibling has told something; undefined: storage has changed. */
  heard(message: string | undefined): void;
  /** Time may have passed unseen. */
  woke(): void;
  /** The page is being hidden, and may not be run again. */
  hidden(): void;
  /** The network is back. */
  online(): void;
}

/** Works without a page, too. No timer: a page that sleeps is asked nothing, and looks when it wakes. */
export function listen(name: string, { heard, woke, hidden, online }: Ears): Surroundings {
  let channel: BroadcastChannel | undefined;
  const tune = (): void => {
    channel ??= openChannel(name);
    if (channel !== undefined) channel.onmessage = ({ data }) => heard(data);
  };
  tune();
  const ends: (() => void)[] = [];
  const on = (target: EventTarget | undefined, type: string, run: (event: Event) => void): void => {
    target?.addEventListener(type, run);
    ends.push(() => target?.removeEventListener(type, run));
  };
  const page = typeof window === "undefined" ? undefined : window;
  const content = typeof document === "undefined" ? undefined : document;
  // A channel is lost on pages that are asleep, and may not exist; this event has neither fault.
  on(page, "storage", (event) => (event as StorageEvent).key === name && heard(undefined));
  // A page in the back/forward cache is thrown out of it by a message, so it hangs up when it goes there.
  const hangUp = (): void => {
    channel?.close();
    channel = undefined;
  };
  on(page, "pagehide", () => {
    hidden();
    hangUp();
  });
  on(page, "pageshow", () => {
    tune();
    woke();
  });
  on(page, "online", online);
  on(content, "resume", woke);
  on(content, "visibilitychange", () => (content?.visibilityState === "hidden" ? hidden() : woke()));
  return {
    tell: (message) => channel?.postMessage(message),
    close: () => {
      for (const end of ends) end();
      hangUp();
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
