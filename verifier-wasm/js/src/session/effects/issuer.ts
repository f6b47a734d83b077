import { type Held, hold, jsonObject } from "../held.js";
import { type Credentials, type Seconds, SessionError, type SessionOptions } from "../types.js";

/** The device's clock is left alone for this much: an answer's way through the network costs that, too. */
const CLOCK_NOISE: Seconds = 2;

/** The calls in which a session gives its token away or gets one. Each either works or rejects with a `SessionError`. */
export class Issuer {
  readonly url: string;
  readonly #options: SessionOptions;
  readonly #fetch: typeof fetch;
  readonly #now: () => number;

  constructor(options: SessionOptions, fetcher: typeof fetch, now: () => number) {
    this.url = options.issuer.replace(/\/+$/, "");
    this.#options = options;
    this.#fetch = fetcher;
    this.#now = now;
  }

  async login({ username, password, rememberMe, device }: Credentials): Promise<Held> {
    const { clientId, binder } = this.#options;
    const body = { username, password, remember_me: rememberMe ?? false, device, client_id: clientId, binder };
    return this.#granted(await this.#post("/login", asJson(body)));
  }

  async exchange(token: string): Promise<Held> {
    const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: token });
    if (this.#options.clientId !== undefined) form.set("client_id", this.#options.clientId);
    return this.#granted(await this.#post("/oauth/token", { body: form }));
  }

  async stepUp(token: string, password: string): Promise<Held> {
    const init = asJson({ password });
    return this.#granted(await this.#post("/step-up", { ...init, headers: { ...init.headers, ...bearer(token) } }));
  }

  /** Tells the issuer that a token which an exchange made has arrived. A failure is ignored: without it the issuer is more lenient. */
  async seen(token: string): Promise<void> {
    await this.#post("/sessions/seen", { headers: bearer(token), keepalive: true }).catch(() => undefined);
  }

  async logout(token: string): Promise<void> {
    // keepalive: the page may be on its way out.
    const response = await this.#post("/logout", { headers: bearer(token), keepalive: true });
    if (!response.ok) throw refusal(response, await bodyOf(response));
  }

  /** What every request to the issuer has in common. */
  get init(): RequestInit {
    return {
      cache: "no-store",
      // A redirect could carry password or token elsewhere.
      redirect: "error",
      signal: AbortSignal.timeout((this.#options.timeout ?? 10) * 1000),
      ...(this.#options.binder === "cookie" && { credentials: "include" }),
    };
  }

  async #post(path: string, init: RequestInit): Promise<Response> {
    try {
      return await this.#fetch(this.url + path, { method: "POST", ...this.init, ...init });
    } catch (error) {
      // Whoever has waited this long is not made to wait as long again: see `failed` of the machine.
      const slow = error instanceof Error && error.name === "TimeoutError";
      throw unreachable(slow ? "timeout" : undefined);
    }
  }

  async #granted(response: Response): Promise<Held> {
    const answer = await bodyOf(response);
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
    const until = (date: Seconds, left: unknown) => (Number(left) > 0 ? date - Number(left) : 0);
    const issuerNow = until(held.bbf, answer.expires_in) || until(held.exp, answer.refresh_expires_in) || held.iat;
    const offset = Math.floor(issuerNow) - Math.floor(this.#now());
    return Math.abs(offset) <= CLOCK_NOISE ? 0 : offset;
  }
}

export function unreachable(reason?: string): SessionError {
  return new SessionError("unreachable", "The issuer cannot be reached right now.", reason);
}

export function asJson(body: object): { body: string; headers: Record<string, string> } {
  return { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}

/** The members of an answer; none when it is not JSON. */
export async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  return jsonObject(
    await response.text().catch(() => {
      throw unreachable();
    }),
  );
}

/**
 * A status from 500, or 429, speaks of the issuer's state and not of the token. What does not look like a refusal of this issuer
 * (a portal that wants a click, a proxy) has no reason, and so ends nothing.
 */
export function refusal({ status, headers }: Response, body: Record<string, unknown>): SessionError {
  const busy = status >= 500 || status === 429;
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  const known = text(body.error) !== undefined;
  const fallback = busy ? "The issuer is busy." : `The issuer's answer was not understood (${status}).`;
  return new SessionError(
    busy ? "busy" : known ? "refused" : "unexpected",
    text(body.error_description) ?? fallback,
    known ? text(body.reason) : undefined,
    Number(headers.get("retry-after")) || undefined,
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

function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** RFC 9470: the user must prove the password again (`session.stepUp`); another token alone would not help. */
export function asksForPassword(response: Response): boolean {
  return response.headers.get("www-authenticate")?.includes("insufficient_user_authentication") === true;
}
