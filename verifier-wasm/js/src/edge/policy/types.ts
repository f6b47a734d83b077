/** What the gate asks of a request before the origin sees it. */
export interface Policy {
  /** Named in every `WWW-Authenticate` header (RFC 9110, 11.5). Default `shelflife`. */
  readonly realm?: string;
  /** The first route whose path matches decides. */
  readonly routes: readonly Route[];
  /** For a path that no route matches. */
  readonly otherwise: Access;
  /** Where people sign in. With it a navigation is led there instead of being refused with 401. */
  readonly signIn?: SignIn;
  /** Takes the token from a cookie as well, and exchanges it here when it is stale: for pages that a server renders. */
  readonly cookie?: CookieMode;
  /** Asks the issuer behind the answers which sessions were ended, and refuses their tokens while they are fresh. */
  readonly revocations?: Revocations;
  /**
   * Origins (`https://app.example`) whose pages may read a refusal of the gate. A page served through the gate needs no entry.
   * Answers of the origin keep the CORS headers the origin gave them.
   */
  readonly refusalsReadableBy?: readonly string[];
  /** Tells in `Server-Timing` what the check came to and what it cost. Default true. */
  readonly serverTiming?: boolean;
}

export interface Route {
  /** `/exact/path`, or `/folder/*` for the folder itself and everything below it. Lower case, no percent-encoding. */
  readonly path: string;
  readonly access: Access;
}

/** `public` lets everyone pass, without identity. */
export type Access = "public" | Requirements;

/** A fresh token is always required; these come on top. */
export interface Requirements {
  /** All of these scopes. */
  readonly scope?: readonly string[];
  /** All of these groups. */
  readonly groups?: readonly string[];
  /** The password was proved at most this many seconds ago; otherwise the step-up challenge of RFC 9470. */
  readonly maxAuthAge?: number;
  /** Where the token may be. Default: the header, and the cookie where the policy has one. */
  readonly from?: readonly TokenSource[];
}

/**
 * `header`: `Authorization: Bearer` (RFC 6750, 2.1). `cookie`: the one of the cookie mode. `query`: `?access_token=` on GET and
 * HEAD (RFC 6750, 2.3), for what can send neither: `<video src>`, a download link. URLs end up in histories and logs.
 */
export type TokenSource = "header" | "cookie" | "query";

export interface SignIn {
  /** A path of this site (`/sign-in`), or an https URL. The path must be public. */
  readonly url: string;
  /** Name of the parameter that says where the person wanted to go. Default `return_to`. */
  readonly returnTo?: string;
}

export interface CookieMode {
  /** Name of the cookie with the token; it must begin with `__Host-`. Default `__Host-shelflife`. */
  readonly name?: string;
  /** Exchange a stale token at the issuer, on the way. Default true. */
  readonly exchange?: boolean;
  /**
   * Origins besides the gate's own whose pages may send state-changing requests with the cookie: the public origin when the gate
   * stands behind a proxy that changes it.
   */
  readonly pagesFrom?: readonly string[];
}

/** An ended session is refused at the latest when `every` and the age of what another isolate had fetched have passed. */
export interface Revocations {
  /** Seconds from one question to the next, 1 to 3600. Default 30. */
  readonly every?: number;
  /** Seconds since the issuer last answered, after which its list is outdated. In any case it is when the list itself says so. */
  readonly maxAge?: number;
  /**
   * What happens to fresh tokens while the list is outdated. `open`: judged with what is known; what is known to be ended stays
   * refused. `shut`: 503. Default `open`.
   */
  readonly whenOutdated?: "open" | "shut";
}
