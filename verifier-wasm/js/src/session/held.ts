import type { Seconds } from "./types.js";

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

/** Undefined when this is no session token at all. */
export function hold(token: unknown, offset: unknown): Held | undefined {
  if (typeof token !== "string") return undefined;
  const { iss, sid, gen, iat, bbf, exp } = payloadOf(token);
  if (
    typeof iss !== "string" ||
    typeof sid !== "string" ||
    !isSeconds(gen) ||
    !isSeconds(iat) ||
    !isSeconds(bbf) ||
    !isSeconds(exp)
  )
    return undefined;
  return { token, offset: Number.isSafeInteger(offset) ? (offset as number) : 0, iss, sid, gen, iat, bbf, exp };
}

/** Reads what `freeze` wrote. Undefined for nothing, and for anything else that lies there. */
export function thaw(stored: string | null): Held | undefined {
  const { token, offset } = jsonObject(stored ?? "");
  return hold(token, offset);
}

export function freeze(held: Held): string {
  return JSON.stringify({ v: 1, token: held.token, offset: held.offset });
}

/** True when storage holds something better than we do: another session, or a later generation of ours. */
export function isNewer(stored: Held, held: Held | undefined): boolean {
  return held === undefined || stored.sid !== held.sid || stored.gen > held.gen;
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
export function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isSeconds(value: unknown): value is Seconds {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
