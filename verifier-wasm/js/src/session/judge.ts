import type { Code } from "../codes.js";
import type { Claims } from "../verdict.js";
import type { Held } from "./held.js";
import type { State, Window } from "./machine.js";
import type { Seconds, SessionVerifier, Snapshot } from "./types.js";

/** A key not seen yet, or a list of revocations not had, says nothing against a token: its dates count until a server has spoken. */
const UNDECIDED: ReadonlySet<Code | undefined> = new Set([
  "unknown-key",
  "keys-unavailable",
  "revocations-unavailable",
  "not-yet-valid",
]);

/** A token at one instant, by the issuer's clock as far as this device knows it. */
export interface Judgement {
  readonly window: Window;
  readonly freshFor: Seconds;
  readonly exchangeableFor: Seconds;
  /** Undefined when nobody here can vouch for the token. */
  readonly claims: Claims | undefined;
  /** Whether to exchange it before the next request. */
  readonly due: boolean;
  /** Why it is over. */
  readonly reason: string;
  readonly message: string;
}

/** Asks nobody. `firsthand`: the issuer itself handed it to this page. */
export function judge(held: Held, firsthand: boolean, verifier: SessionVerifier, deviceNow: number): Judgement {
  const now = issuerNow(held, deviceNow);
  const due = wantsExchange(held, now);
  const verdict = verifier.verify(held.token, { now });
  if (verdict.state !== "invalid") {
    const { state, claims, freshFor, exchangeableFor } = verdict;
    return judgement(state === "expired" ? "over" : state, { claims, freshFor, exchangeableFor, due });
  }
  if (!UNDECIDED.has(verdict.code) || (verifier.issuer ?? held.iss) !== held.iss)
    return judgement("over", {
      reason: verdict.code,
      message: "The session kept on this device is not valid here.",
      due: false,
    });
  // A stored token by an unknown key: the issuer is asked first, by an exchange.
  const unknown = verdict.code === "unknown-key" && !firsthand;
  return judgement(now < held.exp ? "stale" : "over", { exchangeableFor: held.exp - now, due: due || unknown });
}

function judgement(window: Window, more: Partial<Judgement>): Judgement {
  return {
    window,
    freshFor: 0,
    exchangeableFor: 0,
    claims: undefined,
    due: false,
    reason: "expired",
    message: "The session on this device has expired.",
    ...more,
  };
}

/** Why this page cannot take a token that its issuer has just handed out; undefined: it can. */
export async function objection(held: Held, verifier: SessionVerifier): Promise<Code | undefined> {
  const codeOf = () => verifier.verify(held.token, { now: held.iat }).code;
  // The issuer's keys are fetched once when it signed with one that is new here.
  if (codeOf() === "unknown-key") await verifier.refreshKeys?.().catch(() => false);
  const code = codeOf();
  return UNDECIDED.has(code) ? undefined : code;
}

export function snapshotOf(state: State, judged: Judgement | undefined): Snapshot {
  if (state.phase === "signed-out" || judged?.window === "over") {
    const { reason, message } = state.phase === "signed-out" ? state.ended : (judged as Judgement);
    return { state: "signed-out", reason, message };
  }
  const { claims, freshFor = 0, exchangeableFor = 0, window } = judged ?? {};
  const common = { exchangeableFor, demand: state.demand };
  return window === "fresh" && claims !== undefined
    ? { state: window, claims, freshFor, ...common }
    : { state: "stale", freshFor: 0, ...common };
}

/** What a token says, apart from what is new in every one of a session. */
export function factsOf(claims: Claims | undefined): string | undefined {
  if (claims === undefined) return undefined;
  const { gen: _gen, iat: _iat, bbf: _bbf, exp: _exp, ...facts } = claims;
  return JSON.stringify(facts);
}

/** A token cannot come from the future, so the issuer's clock is not behind it. */
function issuerNow(held: Held, deviceNow: number): Seconds {
  return Math.max(Math.floor(deviceNow) + held.offset, held.iat, 0);
}

/**
 * A stale token wants to be exchanged. A fresh one shortly before it goes stale, so that it does not do so on the way. One that is
 * never stale has only its fresh time to be exchanged in, so it is renewed from half of it.
 */
function wantsExchange({ iat, bbf, exp }: Held, now: Seconds): boolean {
  const window = bbf - iat;
  return bbf - now <= (bbf === exp ? window / 2 : Math.min(30, window / 10));
}
