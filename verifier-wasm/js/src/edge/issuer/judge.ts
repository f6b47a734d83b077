// The package's own name: the runtime's entry is chosen by export conditions, as for everybody else.
import { createVerifier } from "@shelflife/verifier";
import type { JsonWebKeySet } from "../../keys.js";
import type { VerifyOptions } from "../../options.js";
import type { Verdict } from "../../verdict.js";
import type { Verifier } from "../../verifier.js";
import type { Requirements } from "../policy/types.js";
import { inBackground } from "./background.js";
import { KeyShelf } from "./keys.js";
import type { Store } from "./store.js";

export interface JudgeOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly jwks: JsonWebKeySet | string | undefined;
  readonly fetch: typeof fetch;
  readonly store: Store;
}

interface Ready {
  readonly verifier: Verifier;
  /** Undefined when the keys are pinned: then there is nothing to fetch, ever. */
  readonly keys: KeyShelf | undefined;
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
    const verdict = judged(ready, token, needs);
    if (ready.keys === undefined || verdict.state !== "invalid") {
      if (ready.keys?.wantsRefresh) inBackground(refresh(ready, context), context);
      return verdict;
    }
    const keysMayHelp = verdict.code === "unknown-key" || verdict.code === "keys-unavailable";
    return keysMayHelp && (await refresh(ready, context)) ? judged(ready, token, needs) : verdict;
  }

  async #prepare(context: unknown): Promise<Ready> {
    if (this.#ready !== undefined) return this.#ready;
    const { issuer, audience, jwks, store, fetch } = this.#options;
    if (jwks !== undefined) {
      this.#ready = { verifier: await createVerifier({ issuer, audience, jwks }), keys: undefined };
      return this.#ready;
    }
    const build = async (keys: KeyShelf) => {
      const verifier = await createVerifier({ issuer, audience, fetch: keys.fetch });
      return { verifier, keys, usable: verifier.verify("").code !== "keys-unavailable" };
    };
    let ready = await build(new KeyShelf(store, fetch));
    // What lay in the cache was no key set: as if there had been nothing.
    if (!ready.usable && ready.keys.answeredFromCache) ready = await build(new KeyShelf(store, fetch, "issuer-only"));
    if (ready.usable) inBackground(ready.keys.accepted(), context);
    // Another request may have come first; its verifier already remembers tokens.
    if (this.#ready === undefined || ready.usable) this.#ready = ready;
    return ready;
  }
}

function judged({ verifier, keys }: Ready, token: string, needs: Requirements): Verdict {
  const verdict = verifier.verify(token, optionsOf(needs));
  // The set may come from another isolate, and be older than the verifier thinks.
  if (keys?.tooOld && verdict.code !== "keys-unavailable") {
    const detail = "the keys are too old, and the issuer does not answer";
    return { state: "invalid", code: "keys-unavailable", action: "retry-later", detail };
  }
  return verdict;
}

/** True when a new set is in use. */
async function refresh({ verifier, keys }: Ready, context: unknown): Promise<boolean> {
  const fetched = await verifier.refreshKeys();
  if (fetched && keys !== undefined) inBackground(keys.accepted(), context);
  return fetched;
}

function optionsOf({ scope, groups, maxAuthAge }: Requirements): VerifyOptions {
  return {
    ...(scope === undefined ? {} : { scope }),
    ...(groups === undefined ? {} : { groups }),
    ...(maxAuthAge === undefined ? {} : { maxAuthAge }),
  };
}
