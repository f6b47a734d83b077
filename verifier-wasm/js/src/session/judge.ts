import type { Model } from "./core.js";
import type { Held } from "./held.js";
import type { Seconds, SessionVerifier, Snapshot } from "./types.js";

/** The state of a session by the issuer's clock, as far as this device knows it. Asks nobody. */
export function snapshotOf(model: Model, verifier: SessionVerifier, deviceNow: number): Snapshot {
  if (model.held === undefined) return { state: "signed-out", ...model.ended };
  const now = issuerNow(model.held, deviceNow);
  const verdict = verifier.verify(model.held.token, { now });
  switch (verdict.state) {
    case "fresh":
      return { state: "fresh", claims: verdict.claims, freshFor: verdict.freshFor, exchangeableFor: verdict.exchangeableFor };
    case "stale":
      return { state: "stale", claims: verdict.claims, freshFor: 0, exchangeableFor: verdict.exchangeableFor };
    case "expired":
      return expired;
    case "invalid":
      // An unknown key or a clock that is off says nothing against the token: its dates count until a server has spoken.
      if (verdict.action === "exchange" || verdict.action === "retry-later") return byDates(model.held, now);
      return { state: "signed-out", reason: verdict.code, message: "The session kept on this device is not valid here." };
  }
}

const expired: Snapshot = {
  state: "signed-out",
  reason: "expired",
  message: "The session on this device has expired.",
};

function byDates(held: Held, now: Seconds): Snapshot {
  if (now >= held.exp) return expired;
  const exchangeableFor = held.exp - now;
  if (now >= held.bbf) return { state: "stale", claims: undefined, freshFor: 0, exchangeableFor };
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
