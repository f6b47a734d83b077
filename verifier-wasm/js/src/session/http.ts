import { type Held, hold, jsonObject } from "./held.js";
import { type Credentials, type Seconds, SessionError, type SessionOptions } from "./types.js";

/** The device's clock is left alone for this much: an answer's way through the network costs that, too. */
const CLOCK_NOISE: Seconds = 2;

interface Settings {
  readonly url: string;
  readonly clientId: string | undefined;
  readonly timeout: Seconds;
  readonly fetch: typeof fetch;
  readonly now: () => number;
}

/** The three calls a session makes to its issuer. Each either works or rejects with a `SessionError`. */
export class Issuer {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async login({ username, password, rememberMe, device }: Credentials): Promise<Held> {
    const body = { username, password, remember_me: rememberMe ?? false, device, client_id: this.#settings.clientId };
    return this.#granted(await this.#post("/login", JSON.stringify(body), { "content-type": "application/json" }));
  }

  async exchange(token: string): Promise<Held> {
    const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: token });
    if (this.#settings.clientId !== undefined) form.set("client_id", this.#settings.clientId);
    return this.#granted(await this.#post("/oauth/token", form, {}));
  }

  async logout(token: string): Promise<void> {
    // keepalive: the page may be on its way out.
    const response = await this.#post("/logout", undefined, { authorization: `Bearer ${token}` }, true);
    if (!response.ok) throw refusal(response, jsonObject(await response.text()));
  }

  async #post(
    path: string,
    body: BodyInit | undefined,
    headers: Record<string, string>,
    keepalive = false,
  ): Promise<Response> {
    try {
      return await this.#settings.fetch(this.#settings.url + path, {
        method: "POST",
        headers,
        body: body ?? null,
        keepalive,
        cache: "no-store",
        // A redirect could carry password or token elsewhere.
        redirect: "error",
        signal: AbortSignal.timeout(this.#settings.timeout * 1000),
      });
    } catch {
      throw new SessionError("unreachable", "The issuer cannot be reached right now.");
    }
  }

  async #granted(response: Response): Promise<Held> {
    const text = await response.text().catch(() => {
      throw new SessionError("unreachable", "The issuer's answer was lost on the way.");
    });
    const answer = jsonObject(text);
    if (!response.ok) throw refusal(response, answer);
    const held = hold(answer.access_token, 0);
    if (held === undefined) throw new SessionError("unexpected", "The issuer's answer held no session token.");
    return { ...held, offset: this.#offsetFrom(held, answer) };
  }

  /**
   * The answer counts its seconds from the issuer's now, so one of its dates minus its seconds is that now. `iat` alone would not
   * do: a repeated exchange gives the same token again, which may be older.
   */
  #offsetFrom(held: Held, answer: Record<string, unknown>): Seconds {
    const until = (date: Seconds, left: unknown) =>
      Number.isSafeInteger(left) && (left as number) > 0 ? date - (left as number) : 0;
    const issuerNow = until(held.bbf, answer.expires_in) || until(held.exp, answer.refresh_expires_in) || held.iat;
    const offset = issuerNow - Math.floor(this.#settings.now());
    return Math.abs(offset) <= CLOCK_NOISE ? 0 : offset;
  }
}

/** A status from 500, or 429, speaks of the issuer's state and not of the token. */
function refusal(response: Response, body: Record<string, unknown>): SessionError {
  const busy = response.status >= 500 || response.status === 429;
  const told = typeof body.error_description === "string" ? body.error_description : undefined;
  const message = told ?? (busy ? "The issuer is busy." : `The issuer refused (${response.status}).`);
  const seconds = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  const retryAfter = Number.isSafeInteger(seconds) ? Math.max(seconds, 0) : undefined;
  return new SessionError(
    busy ? "busy" : "refused",
    message,
    typeof body.reason === "string" ? body.reason : undefined,
    retryAfter,
  );
}

/** Where the token may go: the app's own list, or the page's origin; and the issuer in any case. */
export function allowedOrigins({ resources, issuer }: SessionOptions): ReadonlySet<string> {
  const own = typeof location === "undefined" ? [] : [location.origin];
  return new Set([...(resources ?? own), issuer].map((url) => new URL(url).origin));
}

export function withToken(request: Request, token: string): Request {
  const headers = new Headers(request.headers);
  headers.set("authorization", `Bearer ${token}`);
  return new Request(request, { headers });
}

/** RFC 9470: the user must prove the password again, and another token of the same session would not help. */
export function asksForPassword(response: Response): boolean {
  return response.headers.get("www-authenticate")?.includes("insufficient_user_authentication") === true;
}
