import type { Rules } from "../policy/check.js";
import { isNavigation } from "../request/manner.js";
import type { Refusal } from "./refusal.js";
import { signInPage } from "./sign-in.js";

/**
 * The response for a refusal. A program gets a status and JSON; a person on the way to a page is led to sign in where that
 * helps, and gets a sentence where it does not.
 */
export function refuse(refusal: Refusal, rules: Rules, request: Request, url: URL): Response {
  const headers = new Headers({ "cache-control": "no-store" });
  if (refusal.retryAfter !== undefined) headers.set("retry-after", String(refusal.retryAfter));
  if (isNavigation(request)) {
    if (refusal.status === 401 && rules.signIn !== undefined) {
      headers.set("location", signInPage(refusal, rules.signIn, url));
      return new Response(null, { status: 302, headers });
    }
    headers.set("content-type", "text/plain; charset=utf-8");
  } else {
    headers.set("content-type", "application/json");
  }
  if (refusal.status === 401 || refusal.error === "insufficient_scope") {
    headers.set("www-authenticate", challengeOf(refusal, rules.realm));
  }
  allowReading(headers, rules, request);
  return new Response(request.method === "HEAD" ? null : bodyOf(refusal, request), { status: refusal.status, headers });
}

function bodyOf({ error, description, reason }: Refusal, request: Request): string {
  if (isNavigation(request)) return `${description}\n`;
  return JSON.stringify({ error, error_description: description, reason });
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

function allowReading(headers: Headers, { refusalsReadableBy, cookie }: Rules, request: Request): void {
  if (refusalsReadableBy.length === 0) return;
  headers.set("vary", "origin");
  const page = request.headers.get("origin");
  if (page === null || !refusalsReadableBy.includes(page)) return;
  headers.set("access-control-allow-origin", page);
  headers.set("access-control-expose-headers", "www-authenticate, retry-after");
  // Without it a browser keeps the answer to a request with cookies to itself.
  if (cookie !== undefined) headers.set("access-control-allow-credentials", "true");
}
