/** The issuer's cookies with the binder secrets of bound sessions all begin with this; it is the whole name in older issuers. */
const BINDER = "__Host-shelflife-binder";
/** The issuer's cookie that marks a device an account was signed in on before. */
const DEVICE = "__Host-shelflife-device";
/** So many characters of the session's id are in the name of its binder cookie. */
const SID_CHARS = 12;

/** A cookie as it is sent: `name=value`. */
interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly text: string;
}

/** The value of a cookie. Two of one name are none: nothing tells which one is meant. */
export function cookieOf(headers: Headers, name: string): string | undefined {
  return only(cookiesIn(headers), name)?.value;
}

/**
 * The binder cookie of a session, as it is sent to the issuer. The cookie without the session's id in its name counts only where
 * the other one is absent.
 */
export function binderCookieOf(headers: Headers, sid: string): string | undefined {
  const cookies = cookiesIn(headers);
  const own = `${BINDER}-${sid.slice(0, SID_CHARS)}`;
  const found = only(cookies, cookies.some(({ name }) => name === own) ? own : BINDER);
  return found && `${found.name}=${found.value}`;
}

/** Takes the session cookie and the issuer's own cookies out of a request; the others stay as they were sent. */
export function dropCookies(headers: Headers, session: string | undefined): void {
  const all = cookiesIn(headers);
  const kept = all.filter(({ name }) => name !== session && !name.startsWith(BINDER) && !name.startsWith(DEVICE));
  if (kept.length === all.length) return;
  if (kept.length === 0) headers.delete("cookie");
  else headers.set("cookie", kept.map((pair) => pair.text).join("; "));
}

function only(cookies: readonly Cookie[], name: string): Cookie | undefined {
  const found = cookies.filter((cookie) => cookie.name === name);
  return found.length === 1 ? found[0] : undefined;
}

/** Parted by semicolons alone: a comma in the value of another program's cookie must not begin one of ours. */
function cookiesIn(headers: Headers): Cookie[] {
  return (headers.get("cookie") ?? "")
    .split(";")
    .map(trimmed)
    .filter((text) => text !== "")
    .map((text) => {
      const at = text.indexOf("=");
      // Browsers send a cookie without a name as its bare value: it has no name here either.
      return at < 0
        ? { name: "", value: text, text }
        : { name: trimmed(text.slice(0, at)), value: text.slice(at + 1), text };
    });
}

/**
 * Without the spaces and tabs around it (RFC 6265, 5.2). `String.trim` takes more away, such as U+00A0 and U+2000: a cookie that
 * a browser let another host of the site set, because its name does not begin with `__Host-`, would be read as one of ours.
 */
function trimmed(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text[from])) from++;
  while (from < to && isBlank(text[to - 1])) to--;
  return text.slice(from, to);
}

function isBlank(char: string | undefined): boolean {
  return char === " " || char === "\t";
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
