import { type Action, codes, type Verdict } from "@shelflife/verifier";
import { countdown, span } from "../words.js";

/** A verdict in words: what it is, why, and what to do about it. */
export interface Advice {
  readonly word: string;
  readonly why: string;
  readonly todo: string;
}

const ACTIONS: Readonly<Record<Action, string>> = {
  exchange: "Exchange it at the issuer.",
  login: "Sign in again. Nothing makes this one good.",
  "retry-later": "Try again in a moment. The token may well be good; nobody is to be signed out for this.",
  "fix-config":
    "Look at the configuration, not at the person: issuer, audience, keys or rights are other than expected here.",
};

export function adviceFor(verdict: Verdict): Advice {
  switch (verdict.state) {
    case "fresh":
      return {
        word: "Fresh",
        why: `Genuine, and before its best-before date for another ${countdown(verdict.freshFor)}.`,
        todo: "Send it with requests, as Authorization: Bearer. It opens what its scope and groups allow.",
      };
    case "stale":
      return {
        word: "Stale",
        why: `Genuine, and past its best-before date. It can be exchanged for another ${countdown(verdict.exchangeableFor)}.`,
        todo: "Exchange it: POST /oauth/token at the issuer, with grant_type=refresh_token. Until then it opens nothing.",
      };
    case "expired":
      return {
        word: "Expired",
        why: `Genuine, and too old even for an exchange. It was good for ${span(verdict.claims.exp - verdict.claims.iat)}.`,
        todo: ACTIONS.login,
      };
    case "invalid":
      return {
        word: "Invalid",
        why: codes[verdict.code].description,
        todo: ACTIONS[verdict.action],
      };
  }
}
