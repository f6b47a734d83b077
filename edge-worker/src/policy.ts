/** What the gate asks of a request before the origin sees it. This is the one file to edit for your own routes. */
export interface Policy {
  /** Named in every `WWW-Authenticate` header (RFC 9110 section 11.5). */
  readonly realm: string;
  /** The first route whose path matches decides. */
  readonly routes: readonly Route[];
  /** For a path that no route matches. */
  readonly otherwise: Access;
  /**
   * Origins (`https://app.example`) whose pages may read a refusal of the gate. A page served through the gate needs no entry.
   * Answers of the origin keep the CORS headers the origin gave them.
   */
  readonly refusalsReadableBy: readonly string[];
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
  /** The password was proved at most this many seconds ago. */
  readonly maxAuthAge?: number;
}

export const policy: Policy = {
  realm: "shelflife",
  routes: [{ path: "/api/*", access: {} }],
  otherwise: "public",
  refusalsReadableBy: [],
};
