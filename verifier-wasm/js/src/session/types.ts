import type { Claims, Verdict } from "../verdict.js";

/** Seconds since 1970, or a span of them. */
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
  /** Called when a write did not work, so that nothing outdated stays behind. */
  clear(): void;
}

export interface SessionOptions {
  /** Base URL of the issuer. */
  readonly issuer: string;
  readonly verifier: SessionVerifier;
  /** Default `localStorage`: shared by all tabs, there after a restart. */
  readonly storage?: "memory" | "sessionStorage" | "localStorage" | Storage | TokenStorage;
  /**
   * `cookie`: sign-ins are bound to a cookie that no script can read, and a token that was copied elsewhere cannot be exchanged
   * there. The issuer has to be of the same site as the page. Default `none`.
   */
  readonly binder?: "none" | "cookie";
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
  /** Used for every request instead of the global `fetch`: for tests, and for pages that count or show requests. */
  readonly fetch?: typeof fetch;
  /** The device's clock in seconds, for tests. */
  readonly now?: () => Seconds;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** Off: the session lives only as long as it is used. */
  readonly rememberMe?: boolean;
  /** The name under which the user finds this session in the list of devices. */
  readonly device?: string;
}

/** What the issuer wants of the person before it exchanges again. The session lives on meanwhile. */
export interface Demand {
  /** `password`: `session.stepUp`. `sign-in`: only `session.login` helps. */
  readonly answer: "password" | "sign-in";
  readonly reason: string;
  /** One sentence for the person. */
  readonly message: string;
}

/** The session at one instant. Claims are in the fresh one only: nothing else opens anything. */
export type Snapshot =
  | {
      readonly state: "fresh";
      readonly claims: Claims;
      readonly freshFor: Seconds;
      readonly exchangeableFor: Seconds;
      readonly demand: Demand | undefined;
    }
  /** Signed in; to be exchanged before it opens anything, or signed with a key that this page has not seen yet. */
  | {
      readonly state: "stale";
      readonly freshFor: 0;
      readonly exchangeableFor: Seconds;
      readonly demand: Demand | undefined;
    }
  | { readonly state: "signed-out"; readonly reason: SignedOutReason; readonly message: string };

/** `none`: nobody signed in here. Otherwise what ended it: a reason of the issuer, a code of the verifier, or the user. */
export type SignedOutReason = "none" | "signed_out" | "signed_out_elsewhere" | "expired" | (string & {});

/** What just happened. Handed to listeners together with the session as it is now. `here`: by this tab, and not by a sibling. */
export type SessionEvent =
  | { readonly type: "signed-in"; readonly here: boolean }
  | { readonly type: "exchanged"; readonly from: number; readonly to: number; readonly here: boolean }
  /** The token says something else than its predecessor: groups, scope, `auth_time`. */
  | { readonly type: "claims-changed" }
  /** Time passed (or the clock was corrected): the state is another one now. */
  | { readonly type: "fresh" | "stale" }
  /** An exchange did not work out, and nothing is lost. None is made unasked for this many seconds. */
  | { readonly type: "offline"; readonly error: SessionError; readonly retryIn: Seconds }
  /** The session lives, but it is not exchanged until the person has done something. */
  | { readonly type: "demand"; readonly demand: Demand }
  | { readonly type: "signed-out"; readonly reason: SignedOutReason; readonly message: string };

export type SessionListener = (snapshot: Snapshot, event: SessionEvent) => void;

/** One sign-in of the user, on whatever device, in the issuer's words. */
export interface Device {
  readonly session_id: string;
  /** The name given at the sign-in. */
  readonly device: string | null;
  readonly created_at: Seconds;
  readonly last_exchanged_at: Seconds | null;
  /** When the session ends unless it is used before. */
  readonly expires_at: Seconds;
  /** The app that it was opened for. */
  readonly client_id: string | null;
  /** When the user last proved who they are. */
  readonly auth_time: Seconds | null;
  /** Where the last exchange came from, as far as the issuer keeps it. */
  readonly address: string | null;
  readonly user_agent: string | null;
  /** This very session. */
  readonly current: boolean;
  readonly ended_at: Seconds | null;
  /** Why it ended. */
  readonly reason: string | null;
}

export interface Session {
  readonly state: Snapshot["state"];
  /** The verified claims; undefined unless fresh. */
  readonly claims: Claims | undefined;
  /** The issuer's clock minus the device's. */
  readonly clockOffset: Seconds;
  /** False while the storage does not work and the session lives in memory only. */
  readonly persistent: boolean;
  /** Judges the token now, without a request, and tells the listeners when the state is another one. */
  judge(): Snapshot;
  /**
   * Like `fetch`, with the token: exchanged first when it is stale or nearly so, and once more after a 401. A 401 that comes back
   * is the server's last word. Rejects with a `SessionError` when the token would have had to be exchanged and could not be.
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** A token for transports that `fetch` does not cover, exchanged first when that is due. Rejects with a `SessionError`. */
  freshToken(): Promise<string>;
  /** The verified claims of a token that is fresh or stale: for a name in a corner, never for a decision. */
  lastKnownClaims(): Claims | undefined;
  /** The token as it lies there, fresh or not, for tools that look into tokens. It is as good as a password. */
  rawToken(): string | undefined;
  /** Rejects with a `SessionError`; the session stays as it was. */
  login(credentials: Credentials): Promise<Snapshot>;
  /** Signs out here at once. True when the issuer has confirmed the end of the session. Never rejects. */
  logout(): Promise<boolean>;
  /** A new token for the old one, whatever the clock says. Rejects with a `SessionError`. */
  exchange(): Promise<Snapshot>;
  /** Proves the password again. A wrong one rejects with the reason `bad_credentials`, and changes nothing. */
  stepUp(password: string): Promise<Snapshot>;
  /** All sessions of the user. */
  devices(): Promise<readonly Device[]>;
  /** Ends the one with this `session_id`. False when there is none such, or not any more. */
  end(sid: string): Promise<boolean>;
  /** Ends all others; how many. */
  endOthers(): Promise<number>;
  /** Ends all others, too; how many. A wrong `current` rejects with the reason `bad_credentials`. */
  changePassword(current: string, next: string): Promise<number>;
  /** Returns what ends the listening. */
  onChange(listener: SessionListener): () => void;
  /** Ends listening to other tabs and to the page. The stored token stays. */
  close(): void;
}

/**
 * `refused`: the issuer said no, and `reason` says why. `signed-out`: there is no session (any more). `busy`, `unreachable`,
 * `unexpected` (an answer that is none of the issuer's): worth another try later.
 */
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
