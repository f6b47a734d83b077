/**
 * The judge in plain JavaScript, for pages where wasm is forbidden: by a Content-Security-Policy, or by the browser. The same
 * verdicts as the one in wasm, some fifty times slower; a page has one token to judge, and it is remembered.
 */
import type { Engine, Judge, Judging, Statistics } from "../engine.js";
import { frozen } from "../frozen.js";
import type { Limits } from "../options.js";
import { refusal } from "../refusal.js";
import type { RevocationState, RevocationUpdate } from "../revocations.js";
import type { Claims, Refused, Verdict } from "../verdict.js";
import type { Read } from "./claims.js";
import { type KeySet, keySetOf } from "./keyset.js";
import { Revocations } from "./revocations.js";
import { authenticate, quoted } from "./token.js";

export const plainEngine: Engine = (issuer, audience, jwks, limits) => {
  const keys = keySetOf(jwks);
  // What wasm-bindgen throws of an error in Rust is a sentence too.
  if (typeof keys === "string") throw keys;
  return new PlainJudge(issuer, audience, keys, limits);
};

/** A token that was found genuine, with issuer and audience. What depends on time or on the caller is judged anew each time. */
interface Known {
  readonly read: Read;
  readonly claims: Claims;
  readonly kid: string;
}

/** Longer tokens are not remembered: the memory stays small whatever is sent. */
const MAX_REMEMBERED = 2048;

class PlainJudge implements Judge {
  readonly #issuer: string;
  readonly #audience: string;
  readonly #keys: KeySet;
  readonly #limits: Limits;
  /** Tokens in the order of their last use. */
  readonly #memory = new Map<string, Known>();
  readonly #revocations: Revocations;
  #hits = 0;
  #misses = 0;

  constructor(issuer: string, audience: string, keys: KeySet, limits: Limits) {
    this.#issuer = issuer;
    this.#audience = audience;
    this.#keys = keys;
    this.#limits = limits;
    this.#revocations = new Revocations(issuer, limits);
  }

  verify(token: string, judging: Judging): Verdict {
    const now = Math.floor(judging.now);
    const remembered = this.#memory.get(token);
    if (remembered !== undefined) {
      this.#hits += 1;
      this.#remember(token, remembered);
      return this.#untimely(remembered.read, now) ?? this.#stand(remembered, now, judging);
    }
    this.#misses += 1;
    const genuine = authenticate(token, this.#keys, this.#limits);
    if ("code" in genuine) return genuine;
    const { read, payload, kid } = genuine;
    const refused = this.#untimely(read, now) ?? this.#elsewhere(read);
    if (refused !== undefined) return refused;
    const known = { read, kid, claims: frozen(JSON.parse(new TextDecoder().decode(payload)) as Claims) };
    if (token.length <= MAX_REMEMBERED) this.#remember(token, known);
    return this.#stand(known, now, judging);
  }

  updateRevocations(list: string, now: number): RevocationUpdate {
    return this.#revocations.update(list, Math.floor(now), this.#keys);
  }

  revocations(): RevocationState | undefined {
    return this.#revocations.state;
  }

  inheritRevocations(other: Judge): void {
    if (other instanceof PlainJudge) this.#revocations.inherit(other.#revocations);
  }

  statistics(): Statistics {
    return { hits: this.#hits, misses: this.#misses, entries: this.#memory.size };
  }

  free(): void {
    this.#memory.clear();
  }

  #remember(token: string, known: Known): void {
    if (this.#limits.cache === 0) return;
    this.#memory.delete(token);
    this.#memory.set(token, known);
    if (this.#memory.size <= this.#limits.cache) return;
    for (const oldest of this.#memory.keys()) {
      this.#memory.delete(oldest);
      return;
    }
  }

  /** A token from the future is none: one of the two clocks is wrong. */
  #untimely({ iat, nbf = 0 }: Read, now: number): Refused | undefined {
    if (Math.max(iat, nbf) <= now + this.#limits.clockTolerance) return undefined;
    return refusal("not-yet-valid", "`iat` or `nbf` is ahead of the clock: is a clock wrong?");
  }

  #elsewhere({ iss, aud }: Read): Refused | undefined {
    if (iss !== this.#issuer) {
      return refusal("wrong-issuer", `\`iss\` is ${quoted(iss)}, expected ${quoted(this.#issuer)}`);
    }
    if (aud.includes(this.#audience)) return undefined;
    return refusal("wrong-audience", `\`aud\` is ${quoted(aud[0] ?? "")}, expected ${quoted(this.#audience)}`);
  }

  #revoked(kid: string, read: Read, now: number): Refused | undefined {
    const why = this.#revocations.lists(kid, read);
    if (why !== undefined) return refusal("revoked", why);
    const lacking = this.#revocations.lacking(now);
    return lacking === undefined ? undefined : refusal("revocations-unavailable", lacking);
  }

  /** Half-open windows: at `bbf` a token is stale, at `exp` it is expired. */
  #stand({ read, claims, kid }: Known, now: number, judging: Judging): Verdict {
    const { bbf, exp } = read;
    const [freshFor, exchangeableFor] = [Math.max(0, bbf - now), Math.max(0, exp - now)];
    const tolerance = this.#limits.windowTolerance;
    if (now < bbf + tolerance) {
      const refused = this.#revoked(kid, read, now) ?? lacking(read, now, judging);
      return refused ? { ...refused, claims } : { state: "fresh", claims, freshFor, exchangeableFor };
    }
    return { state: now < exp + tolerance ? "stale" : "expired", claims, freshFor, exchangeableFor };
  }
}

/** What a fresh token has not of what the caller asks. */
function lacking(read: Read, now: number, { scope, groups, maxAuthAge }: Judging): Refused | undefined {
  const granted = read.scope.split(" ");
  const noScope = scope?.split("\n").find((wanted) => !granted.includes(wanted));
  if (noScope !== undefined) return refusal("missing-scope", `the token lacks the scope ${quoted(noScope)}`);
  const noGroup = groups?.split("\n").find((wanted) => !read.groups.includes(wanted));
  if (noGroup !== undefined) return refusal("missing-group", `the user is not in the group ${quoted(noGroup)}`);
  if (maxAuthAge === undefined) return undefined;
  if (read.authTime !== undefined && read.authTime >= now - maxAuthAge) return undefined;
  return refusal("auth-too-old", "the last sign-in or step-up is too long ago");
}
