import type { Seconds, SignedOutReason } from "./types.js";

/**
 * The token a session holds. The dates are read without checking the signature: they only choose between two tokens and between
 * two requests. What a page may believe comes from the verifier.
 */
export interface Held {
  readonly token: string;
  /** The issuer's clock minus the device's, learned when the token arrived. */
  readonly offset: Seconds;
  readonly iss: string;
  readonly sid: string;
  readonly gen: number;
  readonly iat: Seconds;
  readonly bbf: Seconds;
  readonly exp: Seconds;
}

/** The note that is left where the token was: which session is over, and why. Nothing in it is secret. */
export interface Ended {
  /** Undefined when there never was one. */
  readonly sid: string | undefined;
  readonly reason: SignedOutReason;
  readonly message: string;
}

/** What storage holds, and what one tab tells another. */
export type Kept = Held | Ended;

export function isHeld(kept: Kept | undefined): kept is Held {
  return kept !== undefined && "token" in kept;
}

/** Undefined when this is no session token at all. */
export function hold(token: unknown, offset: unknown): Held | undefined {
  if (typeof token !== "string") return undefined;
  const { iss, sid, gen, iat, bbf, exp } = payloadOf(token);
  if (typeof iss !== "string" || typeof sid !== "string" || ![gen, iat, bbf, exp].every(isCount)) return undefined;
  const dates = { gen, iat, bbf, exp } as Pick<Held, "gen" | "iat" | "bbf" | "exp">;
  return { token, offset: Number.isSafeInteger(offset) ? (offset as number) : 0, iss, sid, ...dates };
}

/** Reads what `freeze` wrote. Undefined for nothing, and for anything else that lies there. */
export function thaw(stored: unknown): Kept | undefined {
  const { token, offset, sid, reason, message } = jsonObject(stored);
  if (token !== undefined) return hold(token, offset);
  const isNote = typeof sid === "string" && typeof reason === "string" && typeof message === "string";
  return isNote ? { sid, reason, message } : undefined;
}

export function freeze(kept: Kept): string {
  return JSON.stringify(isHeld(kept) ? { v: 1, token: kept.token, offset: kept.offset } : { v: 1, ...kept });
}

/**
 * Which of two tokens to go on with: of one session the later generation, of two the later sign-in. `than` is the token that was
 * held when the other one came to be; on a draw between two sessions the other one wins, because whoever wrote it had looked.
 */
export function isNewer(one: Held, than: Held | undefined): boolean {
  if (than === undefined) return true;
  if (one.sid !== than.sid) return one.iat >= than.iat;
  return one.gen > than.gen || (one.gen === than.gen && one.iat > than.iat);
}

function payloadOf(token: string): Record<string, unknown> {
  const part = token.split(".")[1] ?? "";
  try {
    const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    return jsonObject(new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0))));
  } catch {
    return {};
  }
}

/** The members of a JSON object; none when the text is something else. */
export function jsonObject(text: unknown): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text as string);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
