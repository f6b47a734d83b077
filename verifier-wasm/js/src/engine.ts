import type { Limits } from "./options.js";
import type { RevocationState, RevocationUpdate } from "./revocations.js";
import type { Verdict } from "./verdict.js";

/** What one judgement needs besides the token; lists are joined by line feeds. */
export interface Judging {
  now: number;
  scope: string | undefined;
  groups: string | undefined;
  maxAuthAge: number | undefined;
}

/** How the memory of checked tokens did. */
export interface Statistics {
  /** Tokens that were recognised. */
  hits: number;
  /** Tokens that had to be checked in full, refused ones included. */
  misses: number;
  /** Tokens that are remembered now. */
  entries: number;
}

/** The judge behind a verifier, for one key set. */
export interface Judge {
  verify(token: string, judging: Judging): Verdict;
  statistics(): Statistics;
  /** Takes over a list of revocations, or says why not; `now` in seconds. The length was checked. */
  updateRevocations(list: string, now: number): RevocationUpdate;
  /** What is known of revocations. */
  revocations(): RevocationState | undefined;
  /** Takes over what another judge of this engine, for the same issuer, knows of revocations. */
  inheritRevocations(other: Judge): void;
  /** Gives its memory back; it must not be asked again. */
  free(): void;
}

/** Makes judges. Throws a sentence that says what is wrong with the key set. */
export type Engine = (issuer: string, audience: string, jwks: string, limits: Limits) => Judge;
