// The package's own name: the runtime's entry is chosen by export conditions, as for everybody else.
import { createVerifier } from "@shelflife/verifier";
import type { JsonWebKeySet } from "../../keys.js";
import type { VerifyOptions } from "../../options.js";
import type { Verdict } from "../../verdict.js";
import type { Verifier } from "../../verifier.js";
import type { RevocationRules } from "../policy/check.js";
import type { Requirements } from "../policy/types.js";
import { inBackground } from "./background.js";
import { RevocationFeed } from "./feed.js";
import { KeyShelf, type KeysFrom } from "./keys.js";
import type { Store } from "./store.js";

export interface JudgeOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly jwks: JsonWebKeySet | string | undefined;
  readonly fetch: typeof fetch;
  readonly store: Store;
  readonly revocations: RevocationRules | undefined;
}

interface Keyed {
  readonly verifier: Verifier;
  /** Undefined when the keys are pinned: then there is nothing to fetch, ever. */
  readonly keys: KeyShelf | undefined;
}

interface Ready extends Keyed {
  /** Undefined when the policy does not ask for revocations. */
  readonly feed: RevocationFeed | undefined;
}

/** The verdicts of one gate, and the keys they need. */
export class Judge {
  readonly #options: JudgeOptions;
  /**
   * One verifier for the life of the isolate. Only the finished one is kept, never the promise of one: in Workers a promise
   * belongs to the request that made it, and another request that waits on it hangs. Two first requests may both build one.
   */
  #ready: Ready | undefined;

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  /** A key never seen before is asked for once (the verifier keeps a cooldown), then the token is judged again. */
  async verdict(token: string, needs: Requirements, context: unknown): Promise<Verdict> {
    const ready = await this.#prepare(context);
    ready.feed?.tick(context);
    const verdict = judged(ready, token, needs);
    if (ready.keys === undefined || verdict.state !== "invalid") {
      if (ready.keys?.wantsRefresh) inBackground(refresh(ready), context);
      return verdict;
    }
    const keysMayHelp = verdict.code === "unknown-key" || verdict.code === "keys-unavailable";
    return keysMayHelp && (await refresh(ready)) ? judged(ready, token, needs) : verdict;
  }

  async #prepare(context: unknown): Promise<Ready> {
    if (this.#ready !== undefined) return this.#ready;
    let made = await this.#make(this.#options.jwks === undefined ? "cache-too" : undefined);
    // What lay in the cache was no key set: as if there had been nothing.
    if (!isUsable(made) && made.keys?.answeredFromCache) made = await this.#make("issuer-only");
    const usable = isUsable(made);
    if (usable && made.keys !== undefined) inBackground(made.keys.accepted(), context);
    const ready = { ...made, feed: this.#feedOf(made) };
    await ready.feed?.begin();
    // Another request may have come first; its verifier already remembers tokens.
    if (this.#ready === undefined || usable) this.#ready = ready;
    return ready;
  }

  /** `keysFrom` undefined: they are pinned. */
  async #make(keysFrom: KeysFrom | undefined): Promise<Keyed> {
    const { issuer, audience, jwks, store, fetch, revocations } = this.#options;
    const whenOutdated = revocations?.whenOutdated;
    const options = { issuer, audience, ...(whenOutdated && { revocations: { whenOutdated } }) };
    if (keysFrom === undefined) {
      const verifier = await createVerifier(jwks === undefined ? options : { ...options, jwks });
      return { verifier, keys: undefined };
    }
    const keys = new KeyShelf(store, fetch, keysFrom);
    return { verifier: await createVerifier({ ...options, fetch: keys.fetch }), keys };
  }

  #feedOf(made: Keyed): RevocationFeed | undefined {
    const { issuer, store, fetch, revocations: rules } = this.#options;
    const { verifier } = made;
    return rules && new RevocationFeed({ verifier, issuer, rules, store, fetch, refreshKeys: () => refresh(made) });
  }
}

function isUsable({ verifier }: Keyed): boolean {
  return verifier.verify("").code !== "keys-unavailable";
}

function judged({ verifier, keys, feed }: Ready, token: string, needs: Requirements): Verdict {
  const verdict = verifier.verify(token, optionsOf(needs));
  // The set may come from another isolate, and be older than the verifier thinks.
  if (keys?.tooOld && verdict.code !== "keys-unavailable") {
    return unavailable("keys-unavailable", "the keys are too old, and the issuer does not answer");
  }
  if (feed?.shut && verdict.state === "fresh") {
    return unavailable("revocations-unavailable", "the issuer has not vouched for the list for too long");
  }
  return verdict;
}

function unavailable(code: "keys-unavailable" | "revocations-unavailable", detail: string): Verdict {
  return { state: "invalid", code, action: "retry-later", detail };
}

/** True when a new set is in use. */
async function refresh({ verifier, keys }: Keyed): Promise<boolean> {
  const fetched = await verifier.refreshKeys();
  if (fetched) await keys?.accepted();
  return fetched;
}

function optionsOf({ scope, groups, maxAuthAge }: Requirements): VerifyOptions {
  return {
    ...(scope === undefined ? {} : { scope }),
    ...(groups === undefined ? {} : { groups }),
    ...(maxAuthAge === undefined ? {} : { maxAuthAge }),
  };
}
