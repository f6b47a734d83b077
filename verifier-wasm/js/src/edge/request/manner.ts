import type { CookieRules } from "../policy/check.js";

/** A browser sends a preflight without credentials, by design: the origin answers it. */
export function isPreflight(request: Request): boolean {
  return request.method === "OPTIONS" && request.headers.has("access-control-request-method");
}

/** A person is on the way to a page; everything else is a program that wants to read a status. */
export function isNavigation(request: Request): boolean {
  if (request.method !== "GET" || isPrefetch(request) || isUpgrade(request)) return false;
  const mode = request.headers.get("sec-fetch-mode");
  return mode === null ? /\btext\/html\b/i.test(request.headers.get("accept") ?? "") : mode === "navigate";
}

/** The browser guesses; nobody has asked for this yet. */
export function isPrefetch(request: Request): boolean {
  return /\bprefetch\b/.test(request.headers.get("sec-purpose") ?? request.headers.get("purpose") ?? "");
}

export function isUpgrade(request: Request): boolean {
  return request.headers.has("upgrade");
}

/**
 * Cookies come along on their own, whoever's page sends the request. So where something can change - any method but the three
 * that only read, and a WebSocket, which has no other guard - the request must prove that it comes from a page of this site.
 * Every browser sends `Origin` or `Sec-Fetch-Site` there. `same-site` is not enough: it may be somebody else's subdomain.
 */
export function fromOwnPage(request: Request, url: URL, cookie: CookieRules): boolean {
  if (/^(?:GET|HEAD|OPTIONS)$/.test(request.method) && !isUpgrade(request)) return true;
  const origin = request.headers.get("origin");
  const site = request.headers.get("sec-fetch-site");
  if (origin !== null && (origin === url.origin || cookie.pagesFrom.includes(origin))) return true;
  return site === "same-origin" || site === "none";
}
