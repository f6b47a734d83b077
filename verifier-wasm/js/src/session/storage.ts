import type { SessionOptions, TokenStorage } from "./types.js";

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

export interface GuardedStorage extends TokenStorage {
  /** False once the storage has failed, or when there never was one. */
  readonly persistent: boolean;
}

/**
 * Storage that never throws. Private windows, full disks and blocked site data are no reason to sign anyone out: after the first
 * failure the session goes on in memory, where the last known value has been kept all along.
 */
export function storageOf(choice: SessionOptions["storage"], key: string): GuardedStorage {
  const memory = memoryStorage();
  if (choice === "memory") return { ...memory, persistent: false };
  const outer = chosen(choice, key);
  let works = true;

  function attempt<T>(use: (storage: TokenStorage) => T): T {
    if (works) {
      try {
        return use(outer);
      } catch {
        works = false;
      }
    }
    return use(memory);
  }

  return {
    get persistent() {
      return works;
    },
    read() {
      const value = attempt((storage) => storage.read());
      if (works) remember(memory, value);
      return value;
    },
    write(value) {
      memory.write(value);
      attempt((storage) => storage.write(value));
    },
    clear() {
      memory.clear();
      attempt((storage) => storage.clear());
    },
  };
}

function remember(memory: TokenStorage, value: string | null): void {
  if (value === null) memory.clear();
  else memory.write(value);
}
