import type { Dates } from "../view/scale.js";

/** What stands in a token, read without believing any of it. */
export interface Reading {
  readonly header: string;
  readonly claims: string;
  /** Only when all three are there and in order, so that a picture can be drawn. */
  readonly dates: Dates | undefined;
}

/** The verifier refuses longer ones unread, and so does this page. */
export const LONGEST = 8192;

export function readToken(token: string): Reading {
  const [header = "", claims = ""] = token.length > LONGEST ? [] : token.split(".");
  return { header: shown(header), claims: shown(claims), dates: datesIn(claims) };
}

/** As indented JSON; as it stands there when it is none. */
function shown(part: string): string {
  const text = decoded(part);
  if (text === undefined) return part === "" ? "nothing" : "not base64url of UTF-8 text";
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function datesIn(part: string): Dates | undefined {
  try {
    const { iat, bbf, exp } = JSON.parse(decoded(part) ?? "") as Record<string, unknown>;
    if (![iat, bbf, exp].every((date) => Number.isSafeInteger(date) && Number(date) >= 0)) return undefined;
    const dates = { iat: Number(iat), bbf: Number(bbf), exp: Number(exp) };
    return dates.iat <= dates.bbf && dates.bbf <= dates.exp && dates.exp < 1e11 ? dates : undefined;
  } catch {
    return undefined;
  }
}

function decoded(part: string): string | undefined {
  try {
    const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    return bytes.length === 0 ? undefined : new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
