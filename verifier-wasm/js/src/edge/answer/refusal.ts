import type { Code } from "../../codes.js";
import type { Requirements } from "../policy/types.js";

/** A request the gate does not let through, before it becomes a response. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 500 | 502 | 503;
  /** RFC 6750 section 3.1, RFC 9470, or RFC 6749 words for what is not the token's fault. */
  readonly error: string;
  /** One plain sentence. */
  readonly description: string;
  /** Stable, for programs: `missing`, `stale`, `expired`, a code of the verifier, or the gate's own trouble. */
  readonly reason: string;
  /** Parameters of the challenge besides realm, error and error_description. */
  readonly challenge?: Readonly<Record<string, string>>;
  /** Seconds until another try makes sense. */
  readonly retryAfter?: number;
}

export const missing: Refusal = {
  status: 401,
  error: "unauthorized",
  description: "This needs a session token.",
  reason: "missing",
};

export const stale: Refusal = invalidToken(
  "stale",
  "The token is past its best-before date. Exchange it at the issuer and try again.",
);

export const expired: Refusal = invalidToken("expired", "The token has expired. Sign in again.");

export const malformedHeader: Refusal = invalidToken(
  "malformed",
  "The Authorization header does not hold exactly one bearer token.",
);

/** RFC 6750 section 3.1: more than one method of including a token is a malformed request, not a bad token. */
export const twoTokens: Refusal = {
  status: 400,
  error: "invalid_request",
  description: "The token may be in the Authorization header or in `access_token`, not in both.",
  reason: "two_tokens",
};

export const crossSite: Refusal = {
  status: 403,
  error: "access_denied",
  description: "With a session cookie this may be sent by a page of this site alone.",
  reason: "cross_site",
};

export const ambiguousPath: Refusal = {
  status: 400,
  error: "invalid_request",
  description: "This path can be read in more than one way. Write it without encoded or doubled separators.",
  reason: "ambiguous_path",
};

export const originUnreachable: Refusal = {
  status: 502,
  error: "bad_gateway",
  description: "The origin behind this gate did not answer.",
  reason: "origin_unreachable",
};

export const misconfigured: Refusal = {
  status: 500,
  error: "server_error",
  description: "This gate is not configured correctly. Its log says what is wrong.",
  reason: "misconfigured",
};

export const internal: Refusal = {
  status: 500,
  error: "server_error",
  description: "This gate failed. Its log says more.",
  reason: "internal",
};

/** Not knowing the keys is the gate's trouble, never the caller's: 401 here would sign people out for nothing. */
export const keysUnavailable: Refusal = {
  status: 503,
  error: "temporarily_unavailable",
  description: "The issuer's keys could not be fetched. Try again shortly.",
  reason: "keys-unavailable",
  retryAfter: 5,
};

/** The same of the exchange: whatever keeps the issuer from answering says nothing about the session. */
export function issuerUnavailable(retryAfter = 5): Refusal {
  return {
    status: 503,
    error: "temporarily_unavailable",
    description: "The session could not be renewed right now. Try again shortly; you are still signed in.",
    reason: "issuer_unavailable",
    retryAfter,
  };
}

/** A slow sibling of a request whose answer has brought the newer cookie: sent again, it carries that one. */
export const superseded: Refusal = {
  status: 503,
  error: "temporarily_unavailable",
  description: "A newer token of this session exists already. Try again.",
  reason: "superseded",
  retryAfter: 1,
};

/** What a browser fetches on a guess does not renew a session. It comes back when somebody really goes there. */
export const notForPrefetch: Refusal = {
  status: 503,
  error: "temporarily_unavailable",
  description: "The session has to be renewed, which a prefetch does not do.",
  reason: "prefetch",
  retryAfter: 0,
};

/** The issuer's own words: its reasons are stable, and its sentence is made for people. */
export function refusedByIssuer(reason: string, description: string | undefined): Refusal {
  const refusal = invalidToken(reason, description ?? "The issuer did not renew this session. Sign in again.");
  return reason === "reauthentication_required" ? provedAgo(refusal, 0) : refusal;
}

/** Nor is not having heard what was revoked. */
const revocationsUnavailable: Refusal = {
  ...keysUnavailable,
  description: "What was revoked lately could not be learned. Try again shortly.",
  reason: "revocations-unavailable",
};

/** The refusal for a token the verifier calls invalid. */
export function forCode(code: Code, detail: string, needs: Requirements): Refusal {
  switch (code) {
    case "keys-unavailable":
      return keysUnavailable;
    case "revocations-unavailable":
      return revocationsUnavailable;
    case "missing-scope":
      return { ...forbidden(code, detail), challenge: { scope: (needs.scope ?? []).join(" ") } };
    case "missing-group":
      return forbidden(code, detail);
    case "revoked":
      return invalidToken(code, "This session was ended. Sign in again.");
    case "auth-too-old":
      return provedAgo(invalidToken(code, detail), needs.maxAuthAge ?? 0);
    default:
      return invalidToken(code, detail);
  }
}

/** RFC 9470: what helps is a password that was proved at most so many seconds ago. */
function provedAgo(refusal: Refusal, maxAge: number): Refusal {
  return { ...refusal, error: "insufficient_user_authentication", challenge: { max_age: String(maxAge) } };
}

function invalidToken(reason: string, description: string): Refusal {
  return { status: 401, error: "invalid_token", description, reason };
}

function forbidden(reason: string, description: string): Refusal {
  return { status: 403, error: "insufficient_scope", description, reason };
}
