/**
 * What a session does about what happens to it: (state, event) -> (state, effects). No clock, no chance, no storage and no network
 * in here; whoever calls it brings the first two and carries out the rest. An exchange is idempotent at the issuer, so no lock is
 * needed: it is enough to look into storage before every write, and to prefer what a sibling tab has put there.
 */
import { FINAL_REASONS } from "../reasons.js";
import { type Ended, type Held, isHeld, isNewer, type Kept } from "./held.js";
import type { Demand, Seconds, SessionError, SessionEvent } from "./types.js";

/** Holding a token, in whatever phase. */
interface Holding {
  readonly held: Held;
  /** The window that listeners know of; undefined for a token that was not judged yet. */
  readonly told: Window | undefined;
  /** What the token says apart from its dates and its generation, as text; undefined while nobody here could verify it. */
  readonly facts: string | undefined;
  readonly demand: Demand | undefined;
}

export type State =
  | { readonly phase: "signed-out"; readonly ended: Ended }
  /** Nothing is under way. */
  | (Holding & { readonly phase: "idle" })
  /** `again`: this is the second attempt, made at once after an answer was lost. */
  | (Holding & { readonly phase: "exchanging"; readonly failures: number; readonly again: boolean })
  /** An exchange failed; unasked, none is tried before `until` by the device's clock. */
  | (Holding & {
      readonly phase: "waiting";
      readonly failures: number;
      readonly until: number;
      readonly error: SessionError;
    })
  /** The issuer has said that a sibling holds a newer token. To exchange ours again would look like theft. */
  | (Holding & { readonly phase: "behind"; readonly error: SessionError });

/** `over`: opens nothing and cannot be exchanged, as far as this device can tell. */
export type Window = "fresh" | "stale" | "over";

/** An exchange that ended, and what storage held by then. */
interface Answer {
  readonly base: Held;
  readonly kept: Kept | undefined;
}

interface Failure extends Answer {
  readonly error: SessionError;
  /** The device's clock. */
  readonly now: number;
  /** From 0 up to 1, drawn for this event: spreads the next attempts of many clients. */
  readonly chance: number;
}

export type Event =
  /** A look into storage: at the start, before every exchange, when a sibling calls, when the page wakes. */
  | { readonly type: "looked"; readonly kept: Kept | undefined }
  /** A sibling that shares no storage with us has told what it holds. */
  | { readonly type: "heard"; readonly kept: Kept | undefined }
  | {
      readonly type: "judged";
      readonly window: Window;
      readonly facts: string | undefined;
      readonly reason: string;
      readonly message: string;
    }
  | { readonly type: "signed-in"; readonly held: Held }
  /** An exchange is wanted; `asked`: by the app itself, so no cooldown counts. */
  | { readonly type: "wanted"; readonly asked: boolean; readonly now: number }
  | ({ readonly type: "exchanged"; readonly successor: Held } & Answer)
  | ({ readonly type: "refused" } & Failure)
  | ({ readonly type: "failed" } & Failure)
  | { readonly type: "signed-out" }
  /** A minute has passed since this successor was stored, or the page is being hidden before that. */
  | { readonly type: "seen-due"; readonly held: Held }
  /** The network came back: what failed before says nothing any more. */
  | { readonly type: "online" };

export type Effect =
  /** Put it into storage; `tell`: and say so to the siblings. */
  | { readonly do: "keep"; readonly kept: Kept; readonly tell: boolean }
  | { readonly do: "exchange"; readonly held: Held }
  /** Cause `seen-due` for this successor in a minute, or earlier when the page is hidden. It replaces the one that was scheduled. */
  | { readonly do: "schedule-seen"; readonly held: Held }
  /** Tell the issuer that this token has arrived. Nothing comes of it here. */
  | { readonly do: "report-seen"; readonly held: Held }
  | { readonly do: "announce"; readonly event: SessionEvent };

export interface Step {
  readonly state: State;
  /** In this order. */
  readonly effects: readonly Effect[];
}

type Phase = State["phase"];
type In<P extends Phase> = Extract<State, { phase: P }>;
type On<T extends Event["type"]> = Extract<Event, { type: T }>;
type SignedIn = Exclude<State, { phase: "signed-out" }>;
type Table = { readonly [P in Phase]: { readonly [T in Event["type"]]: (state: In<P>, event: On<T>) => Step } };

export const initial: In<"signed-out"> = {
  phase: "signed-out",
  ended: { sid: undefined, reason: "none", message: "Nobody is signed in on this device." },
};

/** The refusals that the person can answer. The session lives on, and goes on once they have. */
const DEMANDS: Readonly<Record<string, Demand["answer"]>> = {
  reauthentication_required: "password",
  binder_mismatch: "sign-in",
  invalid_token: "sign-in",
};

const FIRST_PAUSE: Seconds = 2;
const LONGEST_PAUSE: Seconds = 60;
/** An issuer may ask for this much at most. A pause that seems longer comes from a device clock that was set back. */
const LONGEST_ASKED: Seconds = 3600;

const isLost = ({ code, reason }: SessionError) => code === "unreachable" && reason === undefined;
const stay = (state: State): Step => ({ state, effects: [] });
const begin = (state: SignedIn, failures: number, again = false): Step => ({
  state: { ...holding(state), phase: "exchanging", failures, again },
  effects: [{ do: "exchange", held: state.held }],
});

/** What holds in every phase with a token; the phases differ in what they make of a wish to exchange, and of bad news. */
const signedIn = {
  looked: (state: SignedIn, { kept }: On<"looked">) => look(state, kept) ?? stay(state),
  heard,
  judged,
  "signed-in": enter,
  wanted: stay,
  exchanged,
  refused,
  failed: (state: SignedIn, event: On<"failed">) =>
    event.base.token === state.held.token ? postpone(state, event) : stay(state),
  "signed-out": (state: SignedIn) =>
    leave({ sid: state.held.sid, reason: "signed_out", message: "You signed out." }, true),
  "seen-due": (state: SignedIn, { held }: On<"seen-due">): Step =>
    state.held.token === held.token ? { state, effects: [{ do: "report-seen", held }] } : stay(state),
  online: stay,
};

/** Every phase and every event: TypeScript refuses a table with a hole. */
export const table: Table = {
  "signed-out": {
    looked: (state, { kept }) => {
      // Nothing new about a session whose end is known: neither its token, should one be left, nor a sibling's word for it.
      if (kept === undefined || kept.sid === state.ended.sid) return stay(state);
      return isHeld(kept) ? arrive(kept, false) : stay({ ...state, ended: kept });
    },
    heard: stay,
    judged: stay,
    "signed-in": enter,
    wanted: stay,
    exchanged: stay,
    refused: stay,
    failed: stay,
    "signed-out": stay,
    "seen-due": stay,
    online: stay,
  },
  idle: { ...signedIn, wanted: (state) => begin(state, 0) },
  exchanging: {
    ...signedIn,
    failed: (state, event) =>
      // An answer that was lost is asked for again at once, while the issuer still forgives it.
      event.base.token === state.held.token && isLost(event.error) && !state.again
        ? begin(state, state.failures, true)
        : signedIn.failed(state, event),
  },
  waiting: {
    ...signedIn,
    wanted: (state, { asked, now }) =>
      !asked && now < state.until && state.until - now <= LONGEST_ASKED ? stay(state) : begin(state, state.failures),
    online: (state) => stay({ ...state, until: 0 }),
  },
  behind: { ...signedIn, "seen-due": stay },
};

export function step(state: State, event: Event): Step {
  // The table's type has made sure that the two fit; TypeScript cannot see it through the two look-ups.
  const handler = table[state.phase][event.type] as (state: State, event: Event) => Step;
  return handler(state, event);
}

/** What storage has to say to a session that goes on; undefined: nothing new. Storage that was emptied says nothing. */
function look({ held, facts }: SignedIn, kept: Kept | undefined, than = held): Step | undefined {
  if (kept === undefined) return undefined;
  if (!isHeld(kept)) {
    if (kept.sid !== held.sid) return undefined;
    const elsewhere = { reason: "signed_out_elsewhere", message: "You were signed out in another tab." };
    return leave(kept.reason === "signed_out" ? { ...kept, ...elsewhere } : kept, false);
  }
  if (!isNewer(kept, kept.sid === than.sid ? than : held)) return undefined;
  if (kept.sid !== held.sid) return arrive(kept, false);
  const event: SessionEvent = { type: "exchanged", from: held.gen, to: kept.gen, here: false };
  return { state: holding({ held: kept, facts }), effects: [{ do: "announce", event }] };
}

/** Tabs with a storage of their own can share one session all the same: a tab that was duplicated. */
function heard(state: SignedIn, { kept }: On<"heard">): Step {
  const seen = kept?.sid === state.held.sid ? look(state, kept) : undefined;
  if (kept === undefined || seen === undefined) return stay(state);
  return { ...seen, effects: [{ do: "keep", kept, tell: false }, ...seen.effects] };
}

function judged(state: SignedIn, { window, facts, reason, message }: On<"judged">): Step {
  const effects: Effect[] = [];
  const announce = (event: SessionEvent) => effects.push({ do: "announce", event });
  if (window !== state.told) {
    if (window === "over") announce({ type: "signed-out", reason, message });
    else if (state.told !== undefined) announce({ type: window });
  }
  if (facts !== undefined && state.facts !== undefined && facts !== state.facts) announce({ type: "claims-changed" });
  return { state: { ...state, told: window, facts: facts ?? state.facts }, effects };
}

function enter(_: State, { held }: On<"signed-in">): Step {
  const { state, effects } = arrive(held, true);
  return { state, effects: [{ do: "keep", kept: held, tell: true }, ...effects] };
}

function arrive(held: Held, here: boolean): Step {
  return { state: holding({ held }), effects: [{ do: "announce", event: { type: "signed-in", here } }] };
}

function exchanged(state: SignedIn, { base, successor, kept }: On<"exchanged">): Step {
  const { held, facts } = state;
  // Signed in as someone else while the exchange was under way: its result belongs to nobody.
  if (held.sid !== base.sid) return stay(state);
  const better = isNewer(successor, held);
  const seen = look(state, kept, better ? successor : held);
  if (seen !== undefined) return seen;
  if (!better) return stay(holding(state));
  const effects: Effect[] = [
    { do: "announce", event: { type: "exchanged", from: held.gen, to: successor.gen, here: true } },
  ];
  const written = isHeld(kept) && kept.token === successor.token;
  if (!written) {
    effects.unshift({ do: "keep", kept: successor, tell: true });
    // Where a sibling has stored it, the sibling reports it.
    effects.push({ do: "schedule-seen", held: successor });
  }
  return { state: holding({ held: successor, facts }), effects };
}

function refused(state: SignedIn, event: On<"refused">): Step {
  const { base, kept, error } = event;
  if (state.held.token !== base.token) return stay(state);
  const seen = look(state, kept);
  if (seen !== undefined) return seen;
  const { reason = "", message } = error;
  // Listeners that were told of the expiry by this device's clock are not told again by the issuer's.
  const known = state.told === "over" && reason === "expired";
  if (FINAL_REASONS.has(reason)) return leave({ sid: base.sid, reason, message }, true, known);
  if (reason === "superseded") {
    const demand: Demand = { answer: "sign-in", reason, message };
    return {
      state: { ...holding(state), phase: "behind", error, demand },
      effects: [{ do: "announce", event: { type: "demand", demand } }],
    };
  }
  const answer = DEMANDS[reason];
  return postpone(state, event, answer && { answer, reason, message });
}

function postpone(state: SignedIn, { error, now, chance }: Failure, demand = state.demand): Step {
  const failures = "failures" in state ? state.failures : 0;
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures, 10));
  const asked = Math.min(LONGEST_ASKED / 2, error.retryAfter ?? 0);
  const retryIn = Math.max(pause * (1 + chance), asked * (2 + chance)) / 2;
  const event: SessionEvent =
    demand === undefined || demand.reason === state.demand?.reason
      ? { type: "offline", error, retryIn }
      : { type: "demand", demand };
  return {
    state: {
      ...holding(state),
      phase: "waiting",
      failures: failures + 1,
      until: now + retryIn,
      error,
      demand,
    },
    effects: [{ do: "announce", event }],
  };
}

function leave(ended: Ended, tell: boolean, known = false): Step {
  const { reason, message } = ended;
  const effects: Effect[] = [];
  if (tell) effects.push({ do: "keep", kept: ended, tell: true });
  if (!known) effects.push({ do: "announce", event: { type: "signed-out", reason, message } });
  return { state: { phase: "signed-out", ended }, effects };
}

/** Idle with this token. What was told of another one, or demanded for it, does not count for this one. */
function holding({ held, facts, told, demand }: Partial<Holding> & Pick<Holding, "held">): In<"idle"> {
  return { phase: "idle", held, facts, told, demand };
}
