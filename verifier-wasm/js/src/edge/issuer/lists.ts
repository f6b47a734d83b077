import type { Store } from "./store.js";

/** What is known of revocations beside the verifier: a whole list, and what came after it. */
export interface Known {
  /** When the issuer last vouched for it, in milliseconds. */
  readonly at: number;
  /** When the whole list came. */
  readonly wholeAt: number;
  /** `seq` of the whole list. */
  readonly seq: number;
  /** The latest list of what came after; undefined when nothing did. */
  readonly delta: string | undefined;
}

/** Lists that are older than this are refused by most verifiers; the cache need not keep them. */
const KEPT_SECONDS = 3_600;
const NAME = "revocations";

/**
 * The lists in the shared cache: the whole one, which may have megabytes, under its number, and a small note that says which one
 * it is and what came after it. The lists are signed; the note is believed as far as dates go, and no further.
 */
export class SharedLists {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async read(): Promise<Known | undefined> {
    const kept = await this.#store.read(NAME);
    if (kept === undefined) return undefined;
    try {
      const { wholeAt, seq, delta } = JSON.parse(kept.text) as Record<string, unknown>;
      if (!Number.isSafeInteger(wholeAt) || !Number.isSafeInteger(seq)) return undefined;
      if (delta !== undefined && typeof delta !== "string") return undefined;
      return { at: kept.at, wholeAt: wholeAt as number, seq: seq as number, delta };
    } catch {
      return undefined;
    }
  }

  async readWhole(seq: number): Promise<string | undefined> {
    return (await this.#store.read(`${NAME}-${seq}`))?.text;
  }

  async write({ at, wholeAt, seq, delta }: Known): Promise<void> {
    await this.#store.write(NAME, { text: JSON.stringify({ wholeAt, seq, delta }), at }, KEPT_SECONDS);
  }

  async writeWhole(seq: number, text: string, at: number): Promise<void> {
    await this.#store.write(`${NAME}-${seq}`, { text, at }, KEPT_SECONDS);
  }
}

/** Whether a list is a whole one: what came after another one says so in `since`, in front of everything that is long. */
export function isWhole(list: string): boolean {
  const beginning = (list.split(".", 2)[1] ?? "").slice(0, 4_096);
  try {
    return !atob(
      beginning
        .replaceAll("-", "+")
        .replaceAll("_", "/")
        .slice(0, beginning.length & ~3),
    ).includes('"since":');
  } catch {
    return false;
  }
}
