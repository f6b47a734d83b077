import type { Limits } from "./options.js";
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
  /** Gives its memory back; it must not be asked again. */
  free(): void;
}

/** Makes judges. Throws a sentence that says what is wrong with the key set. */
export type Engine = (issuer: string, audience: string, jwks: string, limits: Limits) => Judge;
