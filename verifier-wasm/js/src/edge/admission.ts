import type { Claims, Verdict } from "../verdict.js";
import { expired, forCode, issuerUnavailable, notForPrefetch, type Refusal, stale } from "./answer/refusal.js";
import { timing } from "./answer/timing.js";
import { inBackground } from "./issuer/background.js";
import { exchange } from "./issuer/exchange.js";
import type { Judge } from "./issuer/judge.js";
import { SeenReports } from "./issuer/seen.js";
import type { Settings } from "./options.js";
import type { Requirements } from "./policy/types.js";
import { clearedCookie, sessionCookie } from "./request/cookies.js";
import { isPrefetch, isUpgrade } from "./request/manner.js";
import type { Found } from "./request/token.js";

/** Somebody is let in, or not. `cookie` is a `Set-Cookie` line, `timing` one for `Server-Timing`. */
export type Admitted = (
  | { readonly claims: Claims; readonly refusal?: undefined }
  | { readonly claims?: undefined; readonly refusal: Refusal }
) & { readonly cookie?: string | undefined; readonly timing?: string | undefined };

/** After a renewal that could wait came to nothing, none is tried for so long: an issuer that is down must not slow every request. */
const PAUSE_MS = 10_000;

/** From a token to somebody who is let in: verdict, and the exchange where the cookie's token is stale. */
export class Admission {
  readonly #settings: Settings;
  readonly #judge: Judge;
  /** Undefined where the gate sends no token to the issuer. */
  readonly #seen: SeenReports | undefined;
  #pausedUntil = 0;

  constructor(settings: Settings, judge: Judge) {
    this.#settings = settings;
    this.#judge = judge;
    this.#seen = settings.rules.cookie?.exchange ? new SeenReports(settings) : undefined;
  }

  async admit(found: Found, needs: Requirements, request: Request, context: unknown): Promise<Admitted> {
    const started = timing();
    const verdict = await this.#judge.verdict(found.token, needs, context);
    const admitted = this.#mayRenew(found, verdict, request)
      ? await this.#renew(found.token, verdict, needs, request, context)
      : this.#decide(verdict, needs, found);
    if (found.source === "cookie" && !admitted.renewed) this.#reportSeen(found.token, verdict, context);
    const word = admitted.renewed ? "exchanged" : (admitted.refusal?.reason ?? "fresh");
    return { ...admitted, timing: this.#settings.rules.serverTiming ? started(word) : undefined };
  }

  /** Only of a token that is genuine and neither stale nor revoked: an exchange shows it to the issuer anyway. */
  #reportSeen(token: string, { state, code, claims }: Verdict, context: unknown): void {
    if (claims === undefined || code === "revoked" || (state !== "fresh" && state !== "invalid")) return;
    const report = this.#seen?.report(token, claims);
    if (report !== undefined) inBackground(report, context);
  }

  #decide(verdict: Verdict, needs: Requirements, { source }: Found): Admitted & { renewed?: boolean } {
    // The session is over, and this browser is told: the cookie goes. Any other refusal may be the gate's mistake.
    const over = verdict.state === "expired" || verdict.code === "revoked";
    const cookie = over && source === "cookie" ? this.#cleared() : undefined;
    switch (verdict.state) {
      case "fresh":
        return { claims: verdict.claims };
      case "stale":
        return { refusal: stale };
      case "expired":
        return { refusal: expired, cookie };
      case "invalid":
        return { refusal: forCode(verdict.code, verdict.detail, needs), cookie };
    }
  }

  /**
   * A stale token has to be exchanged; one of a session that is not remembered never goes stale, so it is exchanged in the second
   * half of its life, or its user would be signed out in the middle of work. A WebSocket has no answer that could set a cookie.
   */
  #mayRenew({ source }: Found, verdict: Verdict, request: Request): verdict is Verdict & { claims: Claims } {
    if (source !== "cookie" || !this.#settings.rules.cookie?.exchange || isUpgrade(request)) return false;
    if (verdict.state === "stale") return true;
    if (verdict.state !== "fresh" || isPrefetch(request) || Date.now() < this.#pausedUntil) return false;
    return endsSoon(verdict.claims, verdict.freshFor);
  }

  async #renew(
    token: string,
    verdict: Verdict & { claims: Claims },
    needs: Requirements,
    request: Request,
    context: unknown,
  ): Promise<Admitted & { renewed?: boolean }> {
    if (isPrefetch(request)) return { refusal: notForPrefetch };
    const { issuer, fetch } = this.#settings;
    const answer = await exchange(token, verdict.claims, request, { url: issuer, fetch });
    if ("refusal" in answer) {
      if (answer.final) return { refusal: answer.refusal, cookie: this.#cleared() };
      if (verdict.state !== "fresh") return { refusal: answer.refusal };
      this.#pausedUntil = Date.now() + PAUSE_MS;
      return this.#decide(verdict, needs, { token, source: "cookie" });
    }
    const next = await this.#judge.verdict(answer.token, needs, context);
    const cookie = next.claims === undefined ? undefined : this.#cookieFor(answer.token, next.claims);
    // What the issuer just signed is fresh and of the same session, unless a clock or a configuration is wrong.
    const usable = next.state === "fresh" || (next.state === "invalid" && next.claims !== undefined);
    if (!usable || next.claims?.sid !== verdict.claims.sid) {
      console.error(
        `shelflife gate: the exchanged token is ${next.code ?? next.state}: clock, keys or audience differ?`,
      );
      return { refusal: issuerUnavailable(), cookie };
    }
    return { ...this.#decide(next, needs, { token: answer.token, source: "cookie" }), cookie, renewed: true };
  }

  #cookieFor(token: string, claims: Claims): string {
    const remembered = claims.exp > claims.bbf;
    const maxAge = remembered ? Math.max(0, claims.exp - Math.floor(Date.now() / 1000)) : undefined;
    return sessionCookie(token, { name: this.#settings.rules.cookie?.name, maxAge });
  }

  #cleared(): string {
    return clearedCookie(this.#settings.rules.cookie?.name);
  }
}

function endsSoon({ iat, bbf, exp }: Claims, freshFor: number): boolean {
  return bbf === exp && freshFor <= (exp - iat) / 2;
}
