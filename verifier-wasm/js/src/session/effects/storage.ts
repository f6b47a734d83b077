import type { SessionOptions, TokenStorage } from "../types.js";

export function memoryStorage(): TokenStorage {
  let kept: string | null = null;
  return {
    read: () => kept,
    write: (value) => {
      kept = value;
    },
    clear: () => {
      kept = null;
    },
  };
}

/** Over a `Storage`, looked up at every use: where the user has forbidden it, the mere access to `localStorage` throws. */
function webStorage(storage: () => Storage, key: string): TokenStorage {
  return {
    read: () => storage().getItem(key),
    write: (value) => storage().setItem(key, value),
    clear: () => storage().removeItem(key),
  };
}

function chosen(choice: Exclude<SessionOptions["storage"], "memory">, key: string): TokenStorage {
  if (typeof choice !== "object") return webStorage(() => globalThis[choice ?? "localStorage"], key);
  return "getItem" in choice ? webStorage(() => choice, key) : choice;
}

export interface GuardedStorage {
  /** False while the storage does not work, or when there never was one. */
  readonly persistent: boolean;
  read(): string | null;
  write(value: string): void;
}

/**
 * Storage that never throws. Private windows, full disks and blocked site data are no reason to sign anyone out: while it does
 * not work the session goes on in memory. What could not be overwritten is taken away if possible, because a later visit that
 * finds an outdated token and exchanges it would look like a thief.
 */
export function storageOf(choice: SessionOptions["storage"], key: string): GuardedStorage {
  const memory = memoryStorage();
  if (choice === "memory") return { ...memory, persistent: false };
  const outer = chosen(choice, key);
  let readable = true;
  let written = true;

  function attempt(use: () => void): boolean {
    try {
      use();
      return true;
    } catch {
      return false;
    }
  }

  return {
    get persistent() {
      return readable && written;
    },
    read() {
      let value = memory.read();
      readable = attempt(() => {
        const outside = outer.read();
        // After a write that failed nothing may be outside: then memory knows better.
        if (written || outside !== null) value = outside;
      });
      return value;
    },
    write(value) {
      memory.write(value);
      written = attempt(() => outer.write(value));
      if (!written) attempt(() => outer.clear());
    },
  };
}
