import type { Judging } from "./engine.js";
import type { JsonWebKeySet } from "./keys.js";
import type { RevocationOptions } from "./revocations.js";

export interface VerifierOptions {
  /** `iss` of the tokens, compared byte for byte. */
  issuer: string;
  /** What `aud` must name, compared byte for byte. */
  audience: string;
  /** The issuer's public keys. Given: no request, ever. Left out: fetched from the issuer and kept. */
  jwks?: JsonWebKeySet | string;
  /** Length of a token in bytes, at most. Default 8192. */
  maxTokenBytes?: number;
  /** `exp - iat` in seconds, at most. Default 34560000 (400 days). */
  maxLifetime?: number;
  /** How many seconds `iat` and `nbf` may be ahead of the clock. Default 60. */
  clockTolerance?: number;
  /** By how many seconds both windows are prolonged. Default 0. */
  windowTolerance?: number;
  /** How many checked tokens are remembered, at most; some 2 KiB each. 0: none. Default 1024. */
  cache?: number;
  /** What to make of lists of revocations; lists come in by `updateRevocations`. */
  revocations?: RevocationOptions;
  /** Used for the key set instead of the global `fetch`. */
  fetch?: typeof fetch;
}

export interface VerifyOptions {
  /** Seconds since the epoch, instead of the clock. For tests. */
  now?: number;
  /** Scopes the token must have, all of them. A string is split at spaces. */
  scope?: string | readonly string[];
  /** Groups the user must be in, all of them. */
  groups?: readonly string[];
  /** Seconds since the user last proved who they are, at most. */
  maxAuthAge?: number;
}

export interface Limits {
  maxTokenBytes: number;
  maxLifetime: number;
  clockTolerance: number;
  windowTolerance: number;
  cache: number;
  revocations: { maxAge: number | undefined; shut: boolean; maxBytes: number };
}

const DAY = 86_400;
/** No clock in seconds reads this before the year 5138; one in milliseconds has since 1973. */
const MILLISECONDS = 100_000_000_000;

export function nonEmptyString(name: string, value: unknown): string {
  if (typeof value !== "string" || value === "") {
    throw new TypeError(`\`${name}\` must be a non-empty string, not ${shown(value)}`);
  }
  return value;
}

export function limits(options: VerifierOptions): Limits {
  return {
    maxTokenBytes: count("maxTokenBytes", options.maxTokenBytes, 8192, 1, 1_048_576),
    maxLifetime: count("maxLifetime", options.maxLifetime, 400 * DAY, 1, Number.MAX_SAFE_INTEGER),
    clockTolerance: count("clockTolerance", options.clockTolerance, 60, 0, DAY),
    windowTolerance: count("windowTolerance", options.windowTolerance, 0, 0, DAY),
    cache: count("cache", options.cache, 1024, 0, 65_536),
    revocations: revocations(options.revocations),
  };
}

function revocations(options: RevocationOptions = {}): Limits["revocations"] {
  if (options === null || typeof options !== "object") {
    throw new TypeError(`\`revocations\` must be an object of options, not ${shown(options)}`);
  }
  const { maxAge, whenOutdated = "open", maxBytes } = options;
  if (whenOutdated !== "open" && whenOutdated !== "shut") {
    throw new TypeError(`\`whenOutdated\` must be "open" or "shut", not ${shown(whenOutdated)}`);
  }
  return {
    maxAge: maxAge === undefined ? undefined : count("maxAge", maxAge, 0, 0, Number.MAX_SAFE_INTEGER),
    shut: whenOutdated === "shut",
    maxBytes: count("maxBytes", maxBytes, 16 * 1_048_576, 1, 256 * 1_048_576),
  };
}

/** Checks the options of one call; throws for the caller's mistakes, before any token is looked at. */
export function judging(options: VerifyOptions): Judging {
  const { now, scope, groups, maxAuthAge } = options;
  return {
    now: moment(now),
    scope: list("scope", typeof scope === "string" ? scope.split(" ") : scope),
    groups: list("groups", groups),
    maxAuthAge: maxAuthAge === undefined ? undefined : count("maxAuthAge", maxAuthAge, 0, 0, Number.MAX_SAFE_INTEGER),
  };
}

/** Seconds as they were given, or by the clock. */
export function moment(now: unknown): number {
  return now === undefined ? Math.floor(Date.now() / 1000) : seconds(now);
}

function seconds(now: unknown): number {
  if (typeof now !== "number" || !Number.isFinite(now) || now < 0) {
    throw new TypeError(`\`now\` must be seconds since 1970, not ${shown(now)}`);
  }
  if (now >= MILLISECONDS) {
    throw new TypeError(`\`now\` must be in seconds; ${now} looks like milliseconds`);
  }
  return now;
}

function count(name: string, value: unknown, fallback: number, least: number, most: number): number {
  if (value === undefined) return fallback;
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
    throw new TypeError(`\`${name}\` must be a whole number from ${least} to ${most}, not ${shown(value)}`);
  }
  return value;
}

function list(name: string, value: readonly string[] | undefined): string | undefined {
  if (value === undefined) return undefined;
  const fits =
    Array.isArray(value) && value.every((item) => typeof item === "string" && item !== "" && !item.includes("\n"));
  if (!fits) throw new TypeError(`\`${name}\` must be a list of non-empty strings, not ${shown(value)}`);
  return value.length === 0 ? undefined : value.join("\n");
}

/** A value as it may appear in a message: its kind, and its content only where that can hold no secret. */
export function shown(value: unknown): string {
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === "") return "an empty string";
  return Array.isArray(value) ? "an array" : typeof value;
}
