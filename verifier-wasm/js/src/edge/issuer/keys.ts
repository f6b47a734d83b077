import { boundedText } from "./bounded.js";
import type { Kept, Store } from "./store.js";

/** A set this old is fetched anew behind the answers, so that a new key of the issuer is known before its first token. */
const REFRESH_MS = 60 * 60 * 1000;
/** What another isolate fetched within this time is as good as a fetch of our own. The verifier's cooldown is as long. */
const COOLDOWN_MS = 30_000;
/** Keys of an issuer that cannot be reached are used this long and no longer. */
const MAX_AGE_MS = 24 * 60 * 60 * 1000;

const MAX_BYTES = 65_536;
const NAME = "jwks";

/** `issuer-only`: what lies in the cache is not looked at. */
export type KeysFrom = "cache-too" | "issuer-only";

/**
 * How one verifier gets its keys: it asks by `fetch`, and what is kept beside the memory is part of the answer. The verifier
 * reads the set, keeps a cooldown and knows no cache; this one knows how old the set really is.
 */
export class KeyShelf {
  readonly #store: Store;
  readonly #fetch: typeof fetch;
  readonly #from: KeysFrom;
  /** When the set in use left the issuer. */
  #at = Number.NEGATIVE_INFINITY;
  #arrived: { readonly kept: Kept; readonly fromIssuer: boolean } | undefined;

  constructor(store: Store, fetcher: typeof fetch, from: KeysFrom) {
    this.#store = store;
    this.#fetch = fetcher;
    this.#from = from;
  }

  get answeredFromCache(): boolean {
    return this.#arrived?.fromIssuer === false;
  }

  get tooOld(): boolean {
    return Date.now() - this.#at > MAX_AGE_MS;
  }

  get wantsRefresh(): boolean {
    return Date.now() - this.#at > REFRESH_MS;
  }

  /** Handed to the verifier as its `fetch`. */
  readonly fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const kept = this.#from === "cache-too" ? await this.#store.read(NAME) : undefined;
    const age = kept === undefined ? Number.POSITIVE_INFINITY : Date.now() - kept.at;
    const cold = this.#at === Number.NEGATIVE_INFINITY;
    // Cold, any set of the last hour will do. Later the verifier asks because it misses a key: then it has to be news.
    if (kept !== undefined && age < (cold ? REFRESH_MS : COOLDOWN_MS) && kept.at > this.#at) {
      return this.#answer(kept, false);
    }
    try {
      const response = await this.#fetch(input, init);
      const text = response.status === 200 ? await boundedText(response, MAX_BYTES) : "";
      if (text !== "") return this.#answer({ text, at: Date.now() }, true);
      if (!cold || kept === undefined || age > MAX_AGE_MS) return response.status === 200 ? unusable() : response;
    } catch (error) {
      if (!cold || kept === undefined || age > MAX_AGE_MS) throw error;
    }
    return this.#answer(kept, false);
  };

  /** The verifier has read the set that it was given last. */
  async accepted(): Promise<void> {
    if (this.#arrived === undefined) return;
    const { kept, fromIssuer } = this.#arrived;
    this.#arrived = undefined;
    this.#at = kept.at;
    // Only what could be read is handed on to other isolates.
    if (fromIssuer) await this.#store.write(NAME, kept, MAX_AGE_MS / 1000);
  }

  #answer(kept: Kept, fromIssuer: boolean): Response {
    this.#arrived = { kept, fromIssuer };
    return new Response(kept.text);
  }
}

function unusable(): Response {
  return new Response(null, { status: 502 });
}
