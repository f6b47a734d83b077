import type { Rules } from "../policy/check.js";
import { withoutToken } from "../request/token.js";
import type { Refusal } from "./refusal.js";

/**
 * The address of the sign-in page, told where the person wanted to go, why they are here, and - for a step-up (RFC 9470) - how
 * recent the proof has to be.
 */
export function signInPage(refusal: Refusal, signIn: NonNullable<Rules["signIn"]>, url: URL): string {
  const parameters = new URLSearchParams({ [signIn.returnTo]: ownPath(url), reason: refusal.reason });
  const maxAge = refusal.challenge?.max_age;
  if (maxAge !== undefined) parameters.set("max_age", maxAge);
  const [page = "", fragment] = signIn.url.split("#", 2);
  return `${page}${page.includes("?") ? "&" : "?"}${parameters}${fragment === undefined ? "" : `#${fragment}`}`;
}

/** Path and parameters without the token. Two slashes in front would name another host. */
function ownPath(url: URL): string {
  return url.pathname.replace(/^[/\\]+/, "/") + withoutToken(url).search;
}

/**
 * For the sign-in page: where to send the person afterwards. Anything but a path of this very site is the `fallback`, because
 * whoever makes the link chooses the parameter.
 *
 * ```js
 * location.assign(safeReturnTo(new URLSearchParams(location.search).get("return_to")));
 * ```
 */
export function safeReturnTo(value: string | null | undefined, fallback = "/"): string {
  // Browsers drop tabs and line breaks, and take a backslash for a slash.
  if (typeof value !== "string" || !/^\/(?![/\\])[^\s\\]*$/.test(value)) return fallback;
  const here = "https://here.invalid";
  if (!URL.canParse(value, here)) return fallback;
  const url = new URL(value, here);
  // Dot segments can leave two slashes in front.
  return url.origin === here && !url.pathname.startsWith("//") ? url.pathname + url.search + url.hash : fallback;
}
