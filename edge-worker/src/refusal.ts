import type { Code } from "@shelflife/verifier";
import type { Policy, Requirements } from "./policy.js";

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
  description: "This needs a session token in the Authorization header.",
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

/** The refusal for a token the verifier calls invalid. */
export function forCode(code: Code, detail: string, needs: Requirements): Refusal {
  switch (code) {
    case "keys-unavailable":
      return keysUnavailable;
    case "missing-scope":
      return { ...forbidden(code, detail), challenge: { scope: (needs.scope ?? []).join(" ") } };
    case "missing-group":
      return forbidden(code, detail);
    case "auth-too-old":
      return {
        ...invalidToken(code, detail),
        error: "insufficient_user_authentication",
        challenge: { max_age: String(needs.maxAuthAge ?? 0) },
      };
    default:
      return invalidToken(code, detail);
  }
}

function invalidToken(reason: string, description: string): Refusal {
  return { status: 401, error: "invalid_token", description, reason };
}

function forbidden(reason: string, description: string): Refusal {
  return { status: 403, error: "insufficient_scope", description, reason };
}

/** The response for a refusal, readable by the pages the policy names. */
export function toResponse(refusal: Refusal, policy: Policy, request: Request): Response {
  const headers = new Headers({ "content-type": "application/json", "cache-control": "no-store" });
  if (refusal.status === 401 || refusal.status === 403) {
    headers.set("www-authenticate", challengeOf(refusal, policy.realm));
  }
  if (refusal.retryAfter !== undefined) headers.set("retry-after", String(refusal.retryAfter));
  allowReading(headers, policy, request);
  const body = { error: refusal.error, error_description: refusal.description, reason: refusal.reason };
  return new Response(request.method === "HEAD" ? null : JSON.stringify(body), { status: refusal.status, headers });
}

/** RFC 6750 section 3: a request without a token is told the realm and no error. */
function challengeOf(refusal: Refusal, realm: string): string {
  const told: Record<string, string> = { realm };
  if (refusal.reason !== "missing") {
    told.error = refusal.error;
    told.error_description = refusal.description;
    Object.assign(told, refusal.challenge);
  }
  const parameters = Object.entries(told).map(([name, value]) => `${name}="${quotable(value)}"`);
  return `Bearer ${parameters.join(", ")}`;
}

/** What RFC 6750 allows between the quotes; a detail may repeat bytes of the token, so it is also kept short. */
function quotable(text: string): string {
  return text
    .slice(0, 300)
    .replaceAll('"', "'")
    .replaceAll(/[^ !#-[\]-~]/g, "?");
}

function allowReading(headers: Headers, policy: Policy, request: Request): void {
  if (policy.refusalsReadableBy.length === 0) return;
  headers.set("vary", "origin");
  const page = request.headers.get("origin");
  if (page === null || !policy.refusalsReadableBy.includes(page)) return;
  headers.set("access-control-allow-origin", page);
  headers.set("access-control-expose-headers", "www-authenticate, retry-after");
}
