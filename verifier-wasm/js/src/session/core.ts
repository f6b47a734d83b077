/**
 * What a session does about what happens to it: (model, happening) -> step. No clock, no storage, no network in here; whoever
 * calls it carries the step out. An exchange is idempotent at the issuer, so no lock is needed: it is enough to look into storage
 * before every write, and to prefer what a sibling tab has put there.
 */
import { type Held, isNewer } from "./held.js";
import type { Seconds, SessionError, SessionEvent, SignedOutReason } from "./types.js";

export interface Model {
  readonly held: Held | undefined;
  /** It came from the issuer itself while this page was open, and not out of storage. */
  readonly firsthand: boolean;
  /** Why nothing is held. */
  readonly ended: { readonly reason: SignedOutReason; readonly message: string };
  /** Exchanges that failed in a row. */
  readonly failures: number;
  /** Device time before which no exchange is tried unasked. */
  readonly retryAt: number;
}

export type Happening =
  /** A look into storage: at the start, when a sibling calls, when the page wakes. */
  | { readonly type: "looked"; readonly stored: Held | undefined }
  | { readonly type: "signed-in"; readonly held: Held }
  | { readonly type: "exchanged"; readonly base: Held; readonly successor: Held; readonly stored: Held | undefined }
  | {
      readonly type: "refused";
      readonly base: Held;
      readonly stored: Held | undefined;
      readonly error: SessionError;
      readonly now: number;
    }
  | { readonly type: "failed"; readonly error: SessionError; readonly now: number }
  | { readonly type: "signed-out" };

export interface Step {
  readonly model: Model;
  /** What to put into storage: a token, or nothing at all. Siblings are told of both. */
  readonly write?: Held | "nothing";
  readonly event?: SessionEvent;
}

export const initial: Model = {
  held: undefined,
  firsthand: false,
  ended: { reason: "none", message: "Nobody is signed in on this device." },
  failures: 0,
  retryAt: 0,
};

/**
 * The refusals after which this token will never be exchanged. Every other one leaves the session alone: `superseded` means that
 * a sibling has the newer token, and a word this client does not know is no ground for signing anyone out.
 */
const FINAL: ReadonlySet<string> = new Set([
  "expired",
  "invalid_token",
  "session_not_found",
  "reuse_detected",
  "logged_out",
  "idle_limit",
  "absolute_limit",
  "reauthentication_required",
  "binder_mismatch",
  "user_disabled",
  "evicted",
  "password_changed",
  "ended_by_operator",
]);

const FIRST_PAUSE: Seconds = 2;
const LONGEST_PAUSE: Seconds = 60;
/** An issuer may ask for this much at most. A pause that seems longer comes from a device clock that was set back. */
const LONGEST_ASKED: Seconds = 3600;

/** Whether an exchange that nobody asked for has to wait. */
export function isPaused({ retryAt }: Model, now: number): boolean {
  return now < retryAt && retryAt - now <= LONGEST_ASKED;
}

export function step(model: Model, happening: Happening): Step {
  switch (happening.type) {
    case "looked":
      return look(model, happening.stored);
    case "signed-in":
      return {
        model: { ...holding(happening.held), firsthand: true },
        write: happening.held,
        event: { type: "signed-in" },
      };
    case "exchanged":
      return exchanged(model, happening.base, happening.successor, happening.stored);
    case "refused":
      return refused(model, happening);
    case "failed":
      return postpone(model, happening.error, happening.now);
    case "signed-out":
      return { ...end("signed_out", "You signed out."), write: "nothing" };
  }
}

function look(model: Model, stored: Held | undefined): Step {
  if (stored === undefined) {
    return model.held === undefined ? { model } : end("signed_out_elsewhere", "You were signed out in another tab.");
  }
  return isNewer(stored, model.held) ? adopt(stored) : { model };
}

function exchanged(model: Model, base: Held, successor: Held, stored: Held | undefined): Step {
  // Signed out, or in as someone else, while the exchange was under way: its result belongs to nobody.
  if (model.held === undefined || model.held.sid !== base.sid) return { model };
  if (stored === undefined || isNewer(stored, successor)) return look(model, stored);
  const event: SessionEvent = { type: "exchanged", from: base.gen, to: successor.gen };
  return { model: { ...holding(successor), firsthand: true }, write: successor, event };
}

function refused(model: Model, { base, stored, error, now }: Extract<Happening, { type: "refused" }>): Step {
  if (model.held === undefined || isNewer(model.held, base)) return { model };
  if (stored !== undefined && isNewer(stored, base)) return adopt(stored);
  const reason = error.reason ?? "";
  if (!FINAL.has(reason)) return postpone(model, error, now);
  return { ...end(reason, error.message), write: "nothing" };
}

function postpone(model: Model, error: SessionError, now: number): Step {
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(model.failures, 10));
  const retryIn = Math.min(LONGEST_ASKED, Math.max(pause, error.retryAfter ?? 0));
  return {
    model: { ...model, failures: model.failures + 1, retryAt: now + retryIn },
    event: { type: "postponed", error, retryIn },
  };
}

function adopt(held: Held): Step {
  return { model: holding(held), event: { type: "adopted", generation: held.gen } };
}

function holding(held: Held): Model {
  return { ...initial, held };
}

function end(reason: SignedOutReason, message: string): Step {
  return { model: { ...initial, ended: { reason, message } }, event: { type: "signed-out", reason, message } };
}
