import { boundedText } from "./bounded.js";

/** A JWK set (RFC 7517, 5). */
export interface JsonWebKeySet {
  keys: readonly object[];
}

/** Bytes of a key set, at most; the judge has the same limit. */
const MAX_BYTES = 65_536;
/** An issuer that takes longer counts as down. */
const TIMEOUT_MS = 5_000;
/** Unknown `kid`s are free for anyone to send: at most one fetch in this time, failed ones included. */
const COOLDOWN_MS = 30_000;
/** Keys from an issuer that cannot be reached are used this long and no longer. */
const MAX_AGE_MS = 24 * 60 * 60 * 1000;

/** The issuer's key set, fetched when asked and never more often than the cooldown allows. */
export class FetchedKeys {
  #url: string;
  #fetch: typeof fetch;
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  /** Why the last attempt failed, for a `detail`. */
  failure = "the keys were not fetched yet";

  constructor(issuer: string, fetcher: typeof fetch | undefined) {
    this.#url = keySetUrl(issuer);
    // Called as a plain function: the global `fetch` refuses to be a method of something else.
    this.#fetch = fetcher ?? ((input, init) => fetch(input, init));
  }

  get tooOld(): boolean {
    return Date.now() - this.#fetchedAt > MAX_AGE_MS;
  }

  get coolingDown(): boolean {
    return Date.now() - this.#attemptedAt < COOLDOWN_MS;
  }

  /** The text of the key set; `undefined` when it could not be had, and then `failure` says why. */
  async fetch(): Promise<string | undefined> {
    this.#attemptedAt = Date.now();
    try {
      const response = await this.#fetch(this.#url, {
        headers: { accept: "application/jwk-set+json, application/json" },
        // A redirect could lead anywhere; an issuer has its keys where it says.
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.status !== 200) return this.#fail(`${this.#url} answered ${response.status}`);
      const text = await boundedText(response, MAX_BYTES);
      return text ?? this.#fail(`${this.#url} answered with more than ${MAX_BYTES} bytes`);
    } catch (error) {
      return this.#fail(`${this.#url} could not be reached: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** The fetched set was read and is in use. */
  accepted(): void {
    this.#fetchedAt = Date.now();
  }

  /** The fetched set cannot be used. */
  refused(why: string): void {
    this.#fail(`${this.#url}: ${why}`);
  }

  #fail(why: string): undefined {
    this.failure = why;
  }
}

/** RFC 8414 would tell the place; we fix it, and save a request on every cold start. */
function keySetUrl(issuer: string): string {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  const safe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
  if (!url || !safe || url.search || url.hash) {
    throw new TypeError("`issuer` must be an https URL (http only on loopback) when no `jwks` are given");
  }
  return `${issuer.replace(/\/$/, "")}/.well-known/jwks.json`;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
