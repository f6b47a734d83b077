import { FINAL_REASONS } from "../../reasons.js";
import type { Claims } from "../../verdict.js";
import { issuerUnavailable, type Refusal, refusedByIssuer, superseded } from "../answer/refusal.js";
import { binderCookieOf } from "../request/cookies.js";
import { boundedText } from "./bounded.js";

/** A page waits for this; an issuer that takes longer counts as down. */
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 32_768;

/** Reasons that are not final, and that signing in (again) helps against. */
const SIGN_IN: ReadonlySet<string> = new Set(["reauthentication_required", "binder_mismatch", "invalid_token"]);

export type Exchanged =
  | { readonly token: string }
  | { readonly refusal: Refusal /** The session is over. */; readonly final: boolean };

/**
 * One request to the issuer: the token of the cookie for its successor. However many requests do this at once with one token,
 * and whether or not they know of each other, the issuer gives all of them the same successor.
 */
export async function exchange(
  token: string,
  claims: Claims,
  request: Request,
  issuer: { readonly url: string; readonly fetch: typeof fetch },
): Promise<Exchanged> {
  const headers = new Headers({ accept: "application/json" });
  // The secret of a bound session: it comes along in a cookie of its own, and only the issuer may have it.
  const binder = claims.cnf?.bnd === undefined ? undefined : binderCookieOf(request.headers, claims.sid);
  if (binder !== undefined) headers.set("cookie", binder);
  try {
    const response = await issuer.fetch(`${issuer.url.replace(/\/$/, "")}/oauth/token`, {
      method: "POST",
      headers,
      body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: token }),
      // A redirect could carry the token elsewhere.
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return read(response, await boundedText(response, MAX_BYTES));
  } catch (error) {
    console.error(
      `shelflife gate: the issuer did not exchange: ${error instanceof Error ? error.message : String(error)}`,
    );
    return { refusal: issuerUnavailable(), final: false };
  }
}

function read(response: Response, text: string): Exchanged {
  const body = jsonObject(text);
  if (response.status === 200 && typeof body.access_token === "string" && /^[\w.-]+$/.test(body.access_token)) {
    return { token: body.access_token };
  }
  const reason = typeof body.reason === "string" ? body.reason : "";
  const told = typeof body.error_description === "string" ? body.error_description : undefined;
  if (response.status === 400 || response.status === 401) {
    if (FINAL_REASONS.has(reason)) return { refusal: refusedByIssuer(reason, told), final: true };
    if (SIGN_IN.has(reason)) return { refusal: refusedByIssuer(reason, told), final: false };
    if (reason === "superseded") return { refusal: superseded, final: false };
  }
  console.error(`shelflife gate: the issuer answered ${response.status} to an exchange`);
  return { refusal: issuerUnavailable(secondsIn(response.headers.get("retry-after"))), final: false };
}

function secondsIn(header: string | null): number | undefined {
  return header !== null && /^\d{1,4}$/.test(header) ? Number(header) : undefined;
}

function jsonObject(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
