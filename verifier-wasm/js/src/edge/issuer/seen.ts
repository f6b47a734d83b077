/** The issuer is waited for this long behind the answer. */
const TIMEOUT_MS = 5_000;
/** Sessions that are remembered; the one that came first is forgotten first. */
const MOST_SESSIONS = 4_096;

export interface SeenOptions {
  readonly issuer: string;
  readonly fetch: typeof fetch;
}

/**
 * Tells the issuer that a token which an exchange made has arrived at its browser, by `POST /sessions/seen`: from then on the issuer
 * takes a late repetition of that exchange for reuse and not for a lost answer. Once per session and generation, as long as they are
 * remembered here; a second time does no harm. It is a hint: without it the issuer is more lenient.
 */
export class SeenReports {
  readonly #url: string;
  readonly #fetch: typeof fetch;
  /** The newest generation that was told, by session. */
  readonly #told = new Map<string, number>();

  constructor({ issuer, fetch }: SeenOptions) {
    this.#url = `${issuer.replace(/\/$/, "")}/sessions/seen`;
    this.#fetch = fetch;
  }

  /** Work for behind the answer, which never fails; undefined where there is nothing to tell. The first generation has no exchange. */
  report(token: string, { sid, gen }: { readonly sid: string; readonly gen: number }): Promise<void> | undefined {
    if (gen <= 1 || gen <= (this.#told.get(sid) ?? 0)) return undefined;
    this.#told.delete(sid);
    this.#told.set(sid, gen);
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= MOST_SESSIONS) break;
      this.#told.delete(oldest);
    }
    return this.#send(token);
  }

  async #send(token: string): Promise<void> {
    try {
      const response = await this.#fetch(this.#url, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        // A redirect could carry the token elsewhere.
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
    } catch {
      // Not tried again: the next generation is told anew.
    }
  }
}
