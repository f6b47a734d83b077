import type { Engine, Judge, Statistics } from "./engine.js";
import { FetchedKeys, type JsonWebKeySet } from "./keys.js";
import {
  judging,
  type Limits,
  limits,
  moment,
  nonEmptyString,
  shown,
  type VerifierOptions,
  type VerifyOptions,
} from "./options.js";
import { refusal } from "./refusal.js";
import { type RevocationState, type RevocationUpdate, refusedList } from "./revocations.js";
import type { Verdict } from "./verdict.js";

/** Judges the tokens of one issuer for one audience. */
export interface Verifier {
  readonly issuer: string;
  readonly audience: string;
  /**
   * Judges a token: at once, without a request. Never throws for a token, whatever it is; throws a `TypeError` for a
   * mistake in the options.
   */
  verify(token: string, options?: VerifyOptions): Verdict;
  /**
   * Fetches the issuer's keys anew, at most once in half a minute: worth a try after `unknown-key` or
   * `keys-unavailable`. True when a new set is in use; false with pinned keys, in the cooldown, or when it failed.
   */
  refreshKeys(): Promise<boolean>;
  /**
   * Takes over a list of revocations as the issuer signed it: the body of `GET /revocations` (with or without `?since=`),
   * or the data of an event of its stream. From then on fresh tokens that are listed are `revoked`, offline.
   *
   * Never throws for a list, whatever it is: one that is refused leaves what was known in force. `unknown-key` and
   * `keys-unavailable` are worth a `refreshKeys`, `gap` and `going-back` a request for the whole snapshot. Throws a
   * `TypeError` for what is not a string.
   */
  updateRevocations(list: string, options?: { now?: number }): RevocationUpdate;
  /** What is known of revocations; `undefined` before the first list. */
  readonly revocations: RevocationState | undefined;
  /** How the memory of checked tokens did since the keys were last read. */
  statistics(): Statistics;
}

/** Makes `createVerifier` for one way of loading the engine. */
export function verifierFactory(load: () => Engine | Promise<Engine>) {
  /**
   * Loads the verifier. With `jwks` it makes no request, now or later.
   *
   * @throws {TypeError} for a mistake in the options, a pinned key set that cannot be used included
   */
  return async function createVerifier(options: VerifierOptions): Promise<Verifier> {
    if (options === null || typeof options !== "object") {
      throw new TypeError(`createVerifier takes an object of options, not ${shown(options)}`);
    }
    const issuer = nonEmptyString("issuer", options.issuer);
    const audience = nonEmptyString("audience", options.audience);
    const bounds = limits(options);
    const pinned = options.jwks === undefined ? undefined : keySetText(options.jwks);
    const fetched = pinned === undefined ? new FetchedKeys(issuer, options.fetch) : undefined;
    const engine = await load();
    const judgeFor = (jwks: string) => engine(issuer, audience, jwks, bounds);
    const verifier = new KeyedVerifier(issuer, audience, bounds, judgeFor, fetched);
    if (pinned !== undefined) verifier.pin(pinned);
    else await verifier.refreshKeys();
    return verifier;
  };
}

class KeyedVerifier implements Verifier {
  #judge: Judge | undefined;

  constructor(
    readonly issuer: string,
    readonly audience: string,
    private readonly bounds: Limits,
    private readonly judgeFor: (jwks: string) => Judge,
    private readonly fetched: FetchedKeys | undefined,
  ) {}

  verify(token: string, options: VerifyOptions = {}): Verdict {
    const request = judging(options);
    // Before anything is copied: a string of a gigabyte costs nothing.
    if (typeof token !== "string") return refusal("malformed", "the token is not a string");
    if (token.length > this.bounds.maxTokenBytes) return refusal("too-long", "the token is longer than the limit");
    if (this.#judge === undefined) return refusal("keys-unavailable", this.fetched?.failure ?? "there are no keys");
    if (this.fetched?.tooOld) return refusal("keys-unavailable", `the keys are too old: ${this.fetched.failure}`);
    return this.#judge.verify(token, request);
  }

  updateRevocations(list: string, options: { now?: number } = {}): RevocationUpdate {
    if (typeof list !== "string") throw new TypeError(`a list of revocations must be a string, not ${shown(list)}`);
    const now = moment(options.now);
    // Before anything is copied.
    if (list.length > this.bounds.revocations.maxBytes) {
      return refusedList("too-long", "the list is longer than the limit");
    }
    if (this.#judge === undefined) {
      return refusedList("keys-unavailable", this.fetched?.failure ?? "there are no keys");
    }
    return this.#judge.updateRevocations(list, now);
  }

  get revocations(): RevocationState | undefined {
    return this.#judge?.revocations();
  }

  async refreshKeys(): Promise<boolean> {
    if (this.fetched === undefined || this.fetched.coolingDown) return false;
    const text = await this.fetched.fetch();
    if (text === undefined) return false;
    try {
      this.#use(text);
    } catch (why) {
      this.fetched.refused(String(why));
      return false;
    }
    this.fetched.accepted();
    return true;
  }

  statistics(): Statistics {
    return this.#judge?.statistics() ?? { hits: 0, misses: 0, entries: 0 };
  }

  pin(jwks: string): void {
    try {
      this.#use(jwks);
    } catch (why) {
      throw new TypeError(`\`jwks\` cannot be used: ${why}`);
    }
  }

  #use(jwks: string): void {
    const next = this.judgeFor(jwks);
    // Other keys are no reason to forget what was revoked.
    if (this.#judge !== undefined) next.inheritRevocations(this.#judge);
    this.#judge?.free();
    this.#judge = next;
  }
}

function keySetText(jwks: JsonWebKeySet | string): string {
  if (typeof jwks === "string") return jwks;
  if (jwks === null || typeof jwks !== "object") {
    throw new TypeError(`\`jwks\` must be a JWK set, as an object or as JSON text, not ${shown(jwks)}`);
  }
  return JSON.stringify(jwks);
}
