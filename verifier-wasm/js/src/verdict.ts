import type { Action, Code } from "./codes.js";

/**
 * What a session token says. Times are whole seconds since 1970-01-01T00:00:00Z. Frozen: verdicts on one token share it.
 */
export interface Claims {
  /** Issuer. */
  readonly iss: string;
  /** User. */
  readonly sub: string;
  /** Audience, or several. */
  readonly aud: string | readonly string[];
  /** Session: one sign-in on one device, alive across exchanges. */
  readonly sid: string;
  /** Generation: one more at each exchange. */
  readonly gen: number;
  /** Issued at. */
  readonly iat: number;
  /** Best before: fresh until then. */
  readonly bbf: number;
  /** Expires: exchangeable until then. */
  readonly exp: number;
  readonly nbf?: number;
  readonly client_id?: string;
  /** Scopes with one space between them. */
  readonly scope?: string;
  readonly groups?: readonly string[];
  /** When the user last proved who they are. */
  readonly auth_time?: number;
  /** How they proved it (RFC 8176). */
  readonly amr?: readonly string[];
  /** Version of the user's claims at the issuer. */
  readonly cv?: number;
  /** What the session is bound to: `jkt` a DPoP key, `bnd` a binder secret. */
  readonly cnf?: { readonly jkt?: string; readonly bnd?: string };
  /** Claims the issuer was asked to add. */
  readonly [name: string]: unknown;
}

/** A genuine token, and the window it is in. Only `fresh` opens resources. */
export interface Judged {
  state: "fresh" | "stale" | "expired";
  claims: Claims;
  /** Seconds until the token goes stale; 0 when it has. */
  freshFor: number;
  /** Seconds until the token expires; 0 when it has. */
  exchangeableFor: number;
  /** Never there: so that `verdict.code ?? verdict.state` can be written of any verdict. */
  code?: undefined;
}

/** A token that is not to be believed, or is not enough for what was asked. */
export interface Refused {
  state: "invalid";
  /** Stable. */
  code: Code;
  /** What the holder of the token can do. */
  action: Action;
  /** For developers; may change. */
  detail: string;
  /** Only where the token is genuine: `revocations-unavailable`, `revoked`, `missing-scope`, `missing-group`, `auth-too-old`. */
  claims?: Claims;
}

export type Verdict = Judged | Refused;
