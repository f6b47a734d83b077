/** The issuer's cookie with the binder secret of a bound session. */
export const BINDER = "__Host-shelflife-binder";

/** The value of a cookie. Two of one name are none: nobody can tell which one is meant. */
export function cookieOf(headers: Headers, name: string): string | undefined {
  const values = pairs(headers).filter((pair) => pair.name === name);
  return values.length === 1 ? values[0]?.value : undefined;
}

/** Takes cookies out of a request; the others stay as they were sent. */
export function dropCookies(headers: Headers, names: readonly string[]): void {
  const all = pairs(headers);
  const kept = all.filter((pair) => !names.includes(pair.name));
  if (kept.length === all.length) return;
  if (kept.length === 0) headers.delete("cookie");
  else headers.set("cookie", kept.map((pair) => pair.text).join("; "));
}

/** Parted by semicolons alone: a comma in the value of somebody else's cookie must not begin one of ours. */
function pairs(headers: Headers): { name: string; value: string; text: string }[] {
  return (headers.get("cookie") ?? "")
    .split(";")
    .map((part) => part.trim())
    .filter((text) => text !== "")
    .map((text) => {
      const at = text.indexOf("=");
      // Browsers send a cookie without a name as its bare value: it has no name here either.
      return at < 0
        ? { name: "", value: text, text }
        : { name: text.slice(0, at).trimEnd(), value: text.slice(at + 1), text };
    });
}

/**
 * The `Set-Cookie` line that hands a token to a browser: not readable by scripts, for this host alone. Lax, so that somebody who
 * follows a link is signed in; what changes state is held back by the gate (see `fromOwnPage`).
 */
export function sessionCookie(token: string, { name = "__Host-shelflife", maxAge }: CookieLife = {}): string {
  const life = maxAge === undefined ? "" : `; Max-Age=${maxAge}`;
  return `${name}=${token}; ${ATTRIBUTES}${life}`;
}

export interface CookieLife {
  /** Default `__Host-shelflife`. */
  readonly name?: string | undefined;
  /** Seconds; `refresh_expires_in` of a session that is remembered. Left out: until the browser is closed. */
  readonly maxAge?: number | undefined;
}

/** The `Set-Cookie` line that takes it away again. */
export function clearedCookie(name = "__Host-shelflife"): string {
  return `${name}=; ${ATTRIBUTES}; Max-Age=0`;
}

const ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax";
