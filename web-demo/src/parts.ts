import type { Verifier } from "@shelflife/verifier";
import type { Session, Snapshot } from "@shelflife/verifier/session";
import type { Clock } from "./clock.js";
import type { Past } from "./past.js";
import type { Requests } from "./requests.js";

/** What was known before the page made its first request. */
export interface Startup {
  readonly snapshot: Snapshot;
  /** Whether a token was kept here, of whatever kind. */
  readonly kept: boolean;
  readonly tookMs: number;
  readonly requests: number;
}

/** What every part of the page is handed. */
export interface Parts {
  readonly issuer: string;
  readonly session: Session;
  readonly verifier: Verifier;
  readonly requests: Requests;
  readonly clock: Clock;
  readonly past: Past;
  readonly startup: Startup;
}

/** The issuer's time, as far as this device knows it. */
export function issuerNow({ clock, session }: Parts): number {
  return clock.now() + session.clockOffset;
}

export function verdictLine({ tookMs, requests, snapshot, kept }: Startup): string {
  const found =
    snapshot.state !== "signed-out" ? snapshot.state : kept ? unusable(snapshot.reason) : "no token kept here";
  return `Judged on this device in ${Math.max(1, Math.round(tookMs))} ms, ${requests}\u00a0requests: ${found}`;
}

function unusable(reason: string): string {
  return reason === "expired" ? "the token kept here has expired" : "the token kept here is not valid";
}
