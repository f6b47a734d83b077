import type { JsonWebKeySet } from "../keys.js";
import { type CacheLike, sharedCache } from "./issuer/store.js";
import { type Rules, rulesOf } from "./policy/check.js";
import type { Policy } from "./policy/types.js";

export interface GateOptions {
  /** `iss` of the tokens; keys and exchanges are asked of it. */
  readonly issuer: string;
  /** What `aud` must name. */
  readonly audience: string;
  /** The issuer's public keys. Given: they are never fetched. Left out: fetched from the issuer and kept. */
  readonly jwks?: JsonWebKeySet | string | undefined;
  readonly policy: Policy;
  /** Used for requests to the issuer instead of the global `fetch`: a service binding, or a test. */
  readonly fetch?: typeof fetch;
  /** Used beside the memory instead of `caches.default`; false for none. */
  readonly cache?: CacheLike | false;
}

/** The options, checked and filled in. */
export interface Settings {
  readonly issuer: string;
  readonly audience: string;
  readonly jwks: JsonWebKeySet | string | undefined;
  readonly rules: Rules;
  readonly fetch: typeof fetch;
  readonly cache: CacheLike | undefined;
}

export function settingsOf(options: GateOptions): Settings {
  if (options === null || typeof options !== "object") throw new TypeError("createGate takes an object of options");
  const { issuer, audience, jwks, policy, cache } = options;
  for (const [name, value] of Object.entries({ issuer, audience })) {
    if (typeof value !== "string" || value === "") throw new TypeError(`\`${name}\` must be a non-empty string`);
  }
  const rules = rulesOf(policy);
  if (rules.cookie?.exchange && !isSafe(issuer)) {
    throw new TypeError("`issuer` must be an https URL (http only on loopback), because tokens are sent to it");
  }
  return {
    issuer,
    audience,
    jwks,
    rules,
    // Called as a plain function: the global `fetch` refuses to be a method of something else.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    cache: cache === false ? undefined : (cache ?? sharedCache()),
  };
}

function isSafe(issuer: string): boolean {
  if (!URL.canParse(issuer)) return false;
  const { protocol, hostname } = new URL(issuer);
  const loopback = hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  return protocol === "https:" || (protocol === "http:" && loopback);
}
