import type { RevocationCode } from "./codes.js";

/** What to make of lists of revocations. */
export interface RevocationOptions {
  /** Seconds after its `iat` for which a list is up to date. Default: what the list itself says (`max_age`). */
  maxAge?: number;
  /**
   * What happens to fresh tokens while no list is up to date. `"open"`: they are judged with what is known; what is known
   * to be revoked is refused all the same. `"shut"`: they are refused with `revocations-unavailable`. Default `"open"`.
   */
  whenOutdated?: "open" | "shut";
  /** Length of a list in bytes, at most. Default 16777216 (16 MiB, some 700 000 sessions). */
  maxBytes?: number;
}

/** What is known of revocations. */
export interface RevocationState {
  /** Sequence number: what to ask `?since=` with. */
  seq: number;
  /** When the issuer signed the latest list, in seconds since 1970. */
  issuedAt: number;
  /** Sessions, users and keys that are listed. */
  entries: number;
}

/** A list was taken over, or refused; then what was known before stays in force. */
export type RevocationUpdate =
  | { ok: true; seq: number; entries: number }
  | { ok: false; code: RevocationCode; detail: string };

export function refusedList(code: RevocationCode, detail: string): RevocationUpdate {
  return { ok: false, code, detail };
}
