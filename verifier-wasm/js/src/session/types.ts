import type { Claims, Verdict } from "../verdict.js";

/** Whole seconds since 1970, or a span of them. */
export type Seconds = number;

/** What the session client needs of a verifier. The one of `createVerifier` fits. */
export interface SessionVerifier {
  readonly issuer?: string;
  verify(token: string, options: { now: Seconds }): Verdict;
  /** Tried once for a token signed with a key this verifier has never seen. */
  refreshKeys?(): Promise<boolean>;
}

/** Where the token lives between visits. May throw: the session then goes on in memory. */
export interface TokenStorage {
  read(): string | null;
  write(value: string): void;
  clear(): void;
}

export interface SessionOptions {
  /** Base URL of the issuer. */
  readonly issuer: string;
  readonly verifier: SessionVerifier;
  /** Default `localStorage`: shared by all tabs, there after a restart. */
  readonly storage?: "memory" | "sessionStorage" | "localStorage" | Storage | TokenStorage;
  /** Tells two sessions of one page apart. Default `shelflife`. */
  readonly name?: string;
  /**
   * Origins that `session.fetch` may send the token to. Default: the page's own and the issuer's. Whoever holds the token can
   * exchange it, so it goes nowhere else.
   */
  readonly resources?: readonly string[];
  readonly clientId?: string;
  /** How long an answer of the issuer is waited for. Default 10. */
  readonly timeout?: Seconds;
  /** For tests. */
  readonly fetch?: typeof fetch;
  /** The device's clock in seconds, for tests. */
  readonly now?: () => number;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** Off: the session lives only as long as it is used. */
  readonly rememberMe?: boolean;
  /** The name under which the user finds this session in the list of devices. */
  readonly device?: string;
}

/** The session at one instant. */
export type Snapshot =
  | {
      readonly state: "fresh";
      /** Undefined only while the token's key is unknown here, for example after the issuer changed it. */
      readonly claims: Claims | undefined;
      readonly freshFor: Seconds;
      readonly exchangeableFor: Seconds;
    }
  | {
      readonly state: "stale";
      readonly claims: Claims | undefined;
      readonly freshFor: 0;
      readonly exchangeableFor: Seconds;
    }
  | { readonly state: "signed-out"; readonly reason: SignedOutReason; readonly message: string };

/** `none`: nobody signed in here. Otherwise what ended it: a reason of the issuer, a code of the verifier, or the user. */
export type SignedOutReason = "none" | "signed_out" | "signed_out_elsewhere" | "expired" | (string & {});

/** What just happened. Handed to listeners together with the session as it is now. */
export type SessionEvent =
  | { readonly type: "signed-in" }
  | { readonly type: "exchanged"; readonly from: number; readonly to: number }
  /** Another tab of this page had a newer token. */
  | { readonly type: "adopted"; readonly generation: number }
  /** Time passed (or the clock was corrected): the state is another one now. */
  | { readonly type: "fresh" | "stale" }
  /** An exchange did not work out, and nothing is lost. It is not tried again by itself for this many seconds. */
  | { readonly type: "postponed"; readonly error: SessionError; readonly retryIn: Seconds }
  | { readonly type: "signed-out"; readonly reason: SignedOutReason; readonly message: string };

export type SessionListener = (snapshot: Snapshot, event: SessionEvent) => void;

export interface Session {
  readonly state: Snapshot["state"];
  /** The verified claims, stale or fresh. */
  readonly claims: Claims | undefined;
  /** The token itself, for transports that `fetch` does not cover. Handle it like a password. */
  readonly token: string | undefined;
  /** The issuer's clock minus the device's. */
  readonly clockOffset: Seconds;
  /** False when the storage did not work and the session lives in memory only. */
  readonly persistent: boolean;
  /** Judges the token now, without a request, and tells the listeners when the state is another one. */
  judge(): Snapshot;
  /** Like `fetch`, with the token: exchanged first when it is stale or nearly so, and once more after a 401. */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** Rejects with a `SessionError`; the session stays as it was. */
  login(credentials: Credentials): Promise<Snapshot>;
  /** Signs out here at once. True when the issuer has confirmed the end of the session. Never rejects. */
  logout(): Promise<boolean>;
  /** A new token for the old one. Rejects with a `SessionError`. */
  exchange(): Promise<Snapshot>;
  /** Returns what ends the listening. */
  onChange(listener: SessionListener): () => void;
  /** Ends listening to other tabs and to the page. The stored token stays. */
  close(): void;
}

/** `refused` and `signed-out` have a `reason`; `busy` and `unreachable` are worth another try. */
export type SessionErrorCode = "refused" | "signed-out" | "busy" | "unreachable" | "unexpected";

export class SessionError extends Error {
  override readonly name = "SessionError";
  readonly code: SessionErrorCode;
  /** The issuer's stable word for it. */
  readonly reason: string | undefined;
  readonly retryAfter: Seconds | undefined;

  constructor(code: SessionErrorCode, message: string, reason?: string, retryAfter?: Seconds) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}
