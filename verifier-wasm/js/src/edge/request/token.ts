import { malformedHeader, missing, type Refusal, twoTokens } from "../answer/refusal.js";
import { type Rules, sourcesOf } from "../policy/check.js";
import type { Requirements, TokenSource } from "../policy/types.js";
import { cookieOf, dropCookies } from "./cookies.js";
import { looksLikeSessionToken } from "./identity.js";

const PARAMETER = "access_token";

export interface Found {
  readonly token: string;
  readonly source: TokenSource;
}

/**
 * The token of a request, from where its route allows it. A header says what is meant and goes before the cookie, which
 * only comes along; a header and a parameter are one too many (RFC 6750, 2).
 */
export function findToken(request: Request, url: URL, needs: Requirements, rules: Rules): Found | Refusal {
  const sources = sourcesOf(needs, rules);
  const header = sources.includes("header") ? bearerToken(request.headers) : undefined;
  const query = sources.includes("query") ? queryToken(request, url) : undefined;
  if (header !== undefined && query !== undefined) return twoTokens;
  if (header === "malformed" || query === "malformed") return malformedHeader;
  if (header !== undefined) return { token: header, source: "header" };
  if (query !== undefined) return { token: query, source: "query" };
  const cookie = sources.includes("cookie") && rules.cookie && cookieOf(request.headers, rules.cookie.name);
  return cookie ? { token: cookie, source: "cookie" } : missing;
}

/**
 * What could be exchanged, or opens doors, is the gate's alone: it is taken out before the origin sees the request, on public
 * routes as well. Other credentials stay there, because they are the origin's business; on the other routes identity is the
 * gate's, and none goes through.
 */
export function stripTokens(headers: Headers, url: URL, rules: Rules, route: "public" | "protected"): URL {
  dropCookies(headers, rules.cookie?.name);
  // Two headers arrive joined by a comma.
  const credentials = (headers.get("authorization") ?? "").split(/[\s,]+/);
  if (route === "protected" || credentials.some(looksLikeSessionToken)) headers.delete("authorization");
  const inQuery = url.searchParams.getAll(PARAMETER);
  if (inQuery.length === 0 || (route === "public" && !inQuery.some(looksLikeSessionToken))) return url;
  return withoutToken(url);
}

/** The parameter is cut out as text: read and written anew, the other parameters would not arrive as they were sent. */
export function withoutToken(url: URL): URL {
  if (!url.searchParams.has(PARAMETER)) return url;
  const kept = url.search
    .slice(1)
    .split("&")
    .filter((pair) => !new URLSearchParams(pair).has(PARAMETER));
  const stripped = new URL(url);
  stripped.search = kept.join("&");
  return stripped;
}

/** RFC 6750 section 2.1. Two headers arrive joined by a comma, which is no token. Another scheme is no token for us either. */
function bearerToken(headers: Headers): string | "malformed" | undefined {
  const header = headers.get("authorization");
  if (header === null || !/^bearer(?![\w-])/i.test(header)) {
    return header?.includes(",") === true && /\bbearer\b/i.test(header) ? "malformed" : undefined;
  }
  return /^bearer +([\w.~+/-]+=*)$/i.exec(header)?.[1] ?? "malformed";
}

/** Only where it is read: a body would have a place of its own, and forms are sent by any page. */
function queryToken(request: Request, url: URL): string | "malformed" | undefined {
  if (request.method !== "GET" && request.method !== "HEAD") return undefined;
  const tokens = url.searchParams.getAll(PARAMETER);
  return tokens.length > 1 ? "malformed" : tokens[0];
}
