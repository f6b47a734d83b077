import type { Code } from "../codes.js";
import type { Model } from "./core.js";
import type { Held } from "./held.js";
import type { Seconds, SessionEvent, SessionVerifier, Snapshot } from "./types.js";

/** A key not seen yet, or a clock that is off, says nothing against the token: its dates count until a server has spoken. */
const UNDECIDED: ReadonlySet<Code> = new Set(["unknown-key", "keys-unavailable", "not-yet-valid"]);

/** The state of a session by the issuer's clock, as far as this device knows it. Asks nobody. */
export function snapshotOf(model: Model, verifier: SessionVerifier, deviceNow: number): Snapshot {
  if (model.held === undefined) return { state: "signed-out", ...model.ended };
  const now = issuerNow(model.held, deviceNow);
  const verdict = verifier.verify(model.held.token, { now });
  switch (verdict.state) {
    case "fresh":
      return {
        state: "fresh",
        claims: verdict.claims,
        freshFor: verdict.freshFor,
        exchangeableFor: verdict.exchangeableFor,
      };
    case "stale":
      return { state: "stale", claims: verdict.claims, freshFor: 0, exchangeableFor: verdict.exchangeableFor };
    case "expired":
      return expired;
    case "invalid":
      if (UNDECIDED.has(verdict.code) && mayBeOurs(model.held, verifier)) {
        // Nobody here can vouch for a stored token with an unknown key: the issuer is asked first, by an exchange.
        return byDates(model.held, now, model.firsthand || verdict.code !== "unknown-key");
      }
      return {
        state: "signed-out",
        reason: verdict.code,
        message: "The session kept on this device is not valid here.",
      };
  }
}

const expired: Snapshot = {
  state: "signed-out",
  reason: "expired",
  message: "The session on this device has expired.",
};

function mayBeOurs(held: Held, verifier: SessionVerifier): boolean {
  return verifier.issuer === undefined || verifier.issuer === held.iss;
}

function byDates(held: Held, now: Seconds, mayBeFresh: boolean): Snapshot {
  if (now >= held.exp) return expired;
  const exchangeableFor = held.exp - now;
  if (now >= held.bbf || !mayBeFresh) return { state: "stale", claims: undefined, freshFor: 0, exchangeableFor };
  return { state: "fresh", claims: undefined, freshFor: held.bbf - now, exchangeableFor };
}

export function issuerNow(held: Held, deviceNow: number): Seconds {
  return Math.max(0, Math.floor(deviceNow) + held.offset);
}

/**
 * Whether to exchange before the next request. A stale token: yes. A fresh one: shortly before it goes stale, so that it does not
 * do so on the way. One that is never stale has only its fresh time to be exchanged in, so it is renewed from half of it.
 */
export function wantsExchange(held: Held, deviceNow: number): boolean {
  const window = held.bbf - held.iat;
  const margin = held.bbf === held.exp ? window / 2 : Math.min(30, window / 10);
  return held.bbf - issuerNow(held, deviceNow) <= margin;
}

/** The event for a state that came with time alone. */
export function transitionTo(snapshot: Snapshot): SessionEvent {
  if (snapshot.state !== "signed-out") return { type: snapshot.state };
  return { type: "signed-out", reason: snapshot.reason, message: snapshot.message };
}
