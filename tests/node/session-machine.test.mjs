// Every (state, event) of the session's machine, one row or more each: what becomes of the state, and what is done.
import assert from "node:assert/strict";
import { test } from "node:test";
import { initial, step, table } from "../harness/machine.mjs";

const NOW = 5000;

function held(gen, sid = "a", iat = 1000 + gen) {
  return { token: `${sid}${gen}`, offset: 0, iss: "i", sid, gen, iat, bbf: iat + 60, exp: iat + 900 };
}

function error(code, reason, retryAfter) {
  return { code, reason, message: `no: ${reason ?? code}`, retryAfter };
}

const [one, two, three, other, older] = [held(1), held(2), held(3), held(1, "b", 1500), held(9, "c", 500)];
const down = error("unreachable");
const over = { sid: "a", reason: "reuse_detected", message: "Used from two places." };
const leftElsewhere = { sid: "a", reason: "signed_out", message: "You signed out." };
const demand = { answer: "password", reason: "reauthentication_required", message: "Please." };

const base = { held: two, told: "fresh", facts: "f", demand: undefined };
const STATES = {
  "signed-out": { phase: "signed-out", ended: over },
  idle: { phase: "idle", ...base },
  exchanging: { phase: "exchanging", ...base, failures: 1, again: false },
  waiting: { phase: "waiting", ...base, failures: 2, until: NOW + 10, error: down },
  behind: { phase: "behind", ...base, error: error("refused", "superseded") },
};
const SIGNED_IN = ["idle", "exchanging", "waiting", "behind"];

const judged = (window, facts = "f") => ({ type: "judged", window, facts, reason: "expired", message: "Over." });
const exchanged = (successor, kept, from = two) => ({ type: "exchanged", base: from, successor, kept });
const bad = (type, why, more = {}) => ({ type, base: two, kept: two, error: why, now: NOW, chance: 0, ...more });
/** What is done about a successor that this tab stores itself. */
const STORED = ["keep a3", "exchanged", "schedule-seen a3"];
const wanted = (asked, now = NOW) => ({ type: "wanted", asked, now });

/**
 * A row: [phases, event, what is expected of the state, what is done]. The state is compared member by member, `same` is the very
 * state; what is done is one word each: `keep a3` (`keep a3 quietly`), `keep note`, `exchange a2`, `schedule-seen a3`,
 * `report-seen a2`, or the type of an announcement.
 */
const rows = [
  // Nobody is signed in: only a sign-in changes that, here or in a sibling.
  [["signed-out"], { type: "looked", kept: undefined }, "same", []],
  [["signed-out"], { type: "looked", kept: other }, { phase: "idle", held: other }, ["signed-in"]],
  [["signed-out"], { type: "looked", kept: two }, "same", [], "the session that just ended does not come back"],
  [["signed-out"], { type: "looked", kept: leftElsewhere }, "same", [], "why it ended is known already"],
  [["signed-out"], { type: "looked", kept: { ...over, sid: "b" } }, { ended: { ...over, sid: "b" } }, []],
  [["signed-out"], { type: "heard", kept: other }, "same", []],
  [["signed-out"], judged("fresh"), "same", []],
  [["signed-out"], { type: "signed-in", held: other }, { phase: "idle", held: other }, ["keep b1", "signed-in"]],
  [["signed-out"], wanted(true), "same", []],
  [["signed-out"], exchanged(three, two), "same", []],
  [["signed-out"], bad("refused", error("refused", "logged_out")), "same", []],
  [["signed-out"], bad("failed", down), "same", []],
  [["signed-out"], { type: "signed-out" }, "same", []],
  [["signed-out"], { type: "online" }, "same", []],

  // A look into storage: a better token is taken, a note about this session believed, anything else passed over.
  [SIGNED_IN, { type: "looked", kept: undefined }, "same", [], "storage that was emptied signs nobody out"],
  [SIGNED_IN, { type: "looked", kept: two }, "same", []],
  [SIGNED_IN, { type: "looked", kept: one }, "same", [], "an older generation"],
  [SIGNED_IN, { type: "looked", kept: older }, "same", [], "an older sign-in"],
  [SIGNED_IN, { type: "looked", kept: three }, { phase: "idle", held: three, facts: "f" }, ["exchanged"]],
  [SIGNED_IN, { type: "looked", kept: other }, { phase: "idle", held: other, facts: undefined }, ["signed-in"]],
  [SIGNED_IN, { type: "looked", kept: over }, { phase: "signed-out", ended: over }, ["signed-out"]],
  [SIGNED_IN, { type: "looked", kept: { ...over, sid: "b" } }, "same", [], "a note about another session"],
  [SIGNED_IN, { type: "looked", kept: leftElsewhere }, { phase: "signed-out" }, ["signed-out"]],

  // What a sibling tells that has a storage of its own: of this session only, and it is kept.
  [SIGNED_IN, { type: "heard", kept: undefined }, "same", []],
  [SIGNED_IN, { type: "heard", kept: one }, "same", []],
  [SIGNED_IN, { type: "heard", kept: other }, "same", [], "another session is none of ours"],
  [SIGNED_IN, { type: "heard", kept: three }, { phase: "idle", held: three }, ["keep a3 quietly", "exchanged"]],
  [SIGNED_IN, { type: "heard", kept: over }, { phase: "signed-out" }, ["keep note quietly", "signed-out"]],

  // Time: announced when the window is another one than was told, and never kept or sent anywhere.
  [SIGNED_IN, judged("fresh"), { told: "fresh" }, []],
  [SIGNED_IN, judged("stale"), { told: "stale", held: two }, ["stale"]],
  [SIGNED_IN, judged("over"), { told: "over", held: two }, ["signed-out"], "by this device's clock; the token stays"],
  [SIGNED_IN, judged("fresh", "g"), { facts: "g" }, ["claims-changed"]],
  [SIGNED_IN, judged("fresh", undefined), { facts: "f" }, []],

  [SIGNED_IN, { type: "signed-in", held: other }, { phase: "idle", held: other }, ["keep b1", "signed-in"]],

  // A wish to exchange: one at a time, not before the pause is over unless the app asks, and never a token known to be old.
  [["idle"], wanted(false), { phase: "exchanging", failures: 0, again: false }, ["exchange a2"]],
  [["idle"], wanted(true), { phase: "exchanging" }, ["exchange a2"]],
  [["exchanging"], wanted(true), "same", [], "single flight"],
  [["waiting"], wanted(false), "same", []],
  [["waiting"], wanted(true), { phase: "exchanging", failures: 2 }, ["exchange a2"]],
  [["waiting"], wanted(false, NOW + 10), { phase: "exchanging", failures: 2 }, ["exchange a2"]],
  [["waiting"], wanted(false, NOW - 86_400), { phase: "exchanging" }, ["exchange a2"], "the clock was set back"],
  [["behind"], wanted(true), "same", []],

  // An answer: written unless a sibling was faster, and nobody's once the session is another one.
  [SIGNED_IN, exchanged(three, two), { phase: "idle", held: three, demand: undefined }, STORED],
  [SIGNED_IN, exchanged(three, undefined), { phase: "idle", held: three }, STORED],
  [SIGNED_IN, exchanged(three, three), { phase: "idle", held: three }, ["exchanged"], "a sibling got the same one"],
  [SIGNED_IN, exchanged(three, held(4)), { phase: "idle", held: held(4) }, ["exchanged"]],
  [SIGNED_IN, exchanged(three, other), { phase: "idle", held: other }, ["signed-in"]],
  [SIGNED_IN, exchanged(three, older), { phase: "idle", held: three }, STORED],
  [SIGNED_IN, exchanged(three, over), { phase: "signed-out", ended: over }, ["signed-out"]],
  [SIGNED_IN, exchanged(two, two, one), { phase: "idle", held: two }, [], "a sibling's was taken meanwhile"],
  [SIGNED_IN, exchanged(held(2, "b"), two, other), "same", [], "of a session that was left"],

  // A refusal: only a final reason signs out, and only when nobody has a better token.
  ...["expired", "session_not_found", "reuse_detected", "logged_out", "idle_limit", "absolute_limit", "user_disabled"]
    .concat("evicted", "password_changed", "ended_by_operator")
    .map((reason) => [
      SIGNED_IN,
      bad("refused", error("refused", reason)),
      { phase: "signed-out", ended: { sid: "a", reason, message: `no: ${reason}` } },
      ["keep note", "signed-out"],
      reason,
    ]),
  [SIGNED_IN, bad("refused", error("refused", "reuse_detected"), { kept: three }), { held: three }, ["exchanged"]],
  [SIGNED_IN, bad("refused", error("refused", "reuse_detected"), { base: one }), "same", [], "of an older token"],
  [SIGNED_IN, bad("refused", error("refused", "superseded")), { phase: "behind", held: two }, ["demand"]],
  ...["reauthentication_required", "binder_mismatch", "invalid_token"].map((reason) => [
    SIGNED_IN,
    bad("refused", error("refused", reason)),
    { phase: "waiting", held: two },
    ["demand"],
    reason,
  ]),
  ...["client_mismatch", "scope_mismatch", "stale", "a_word_of_next_year", undefined].map((reason) => [
    SIGNED_IN,
    bad("refused", error("refused", reason)),
    { phase: "waiting", held: two },
    ["offline"],
    String(reason),
  ]),

  // A failure: an answer that was lost is asked for again at once; anything else waits. Nobody is signed out.
  [["idle", "waiting", "behind"], bad("failed", down), { phase: "waiting", held: two }, ["offline"]],
  [["exchanging"], bad("failed", down), { phase: "exchanging", failures: 1, again: true }, ["exchange a2"]],
  [["exchanging"], bad("failed", error("unreachable", "timeout")), { phase: "waiting", failures: 2 }, ["offline"]],
  [SIGNED_IN, bad("failed", error("busy", undefined, 20)), { phase: "waiting", until: NOW + 20 }, ["offline"]],
  [SIGNED_IN, bad("failed", error("unexpected")), { phase: "waiting", held: two }, ["offline"]],
  [SIGNED_IN, bad("failed", down, { base: one }), "same", [], "of an older token"],

  [SIGNED_IN, { type: "signed-out" }, { phase: "signed-out" }, ["keep note", "signed-out"]],

  // The issuer is told of a successor that arrived, while it is the newest token known here.
  [["idle", "exchanging", "waiting"], { type: "seen-due", held: two }, "same", ["report-seen a2"]],
  [["behind"], { type: "seen-due", held: two }, "same", [], "a sibling has a newer one"],
  [SIGNED_IN, { type: "seen-due", held: one }, "same", [], "exchanged meanwhile"],
  [SIGNED_IN, { type: "seen-due", held: other }, "same", [], "another session by now"],
  [["signed-out"], { type: "seen-due", held: two }, "same", []],

  [["idle", "exchanging", "behind"], { type: "online" }, "same", []],
  [["waiting"], { type: "online" }, { phase: "waiting", until: 0, failures: 2 }, []],
];

function words(effects) {
  return effects.map((effect) => {
    if (effect.do === "announce") return effect.event.type;
    if (effect.do !== "keep") return `${effect.do} ${effect.held.token}`;
    return `keep ${effect.kept.token ?? "note"}${effect.tell ? "" : " quietly"}`;
  });
}

for (const [phases, event, expected, done, why] of rows) {
  for (const phase of phases) {
    test(`${phase} + ${event.type}: ${done.join(", ") || "nothing"}${why ? ` (${why})` : ""}`, () => {
      const state = STATES[phase];
      const { state: next, effects } = step(state, event);
      if (expected === "same") assert.deepEqual(next, state);
      else for (const [name, value] of Object.entries(expected)) assert.deepEqual(next[name], value, name);
      assert.deepEqual(words(effects), done);
    });
  }
}

test("every pair of a state and an event has a row", () => {
  const covered = new Set(rows.flatMap(([phases, { type }]) => phases.map((phase) => `${phase} + ${type}`)));
  const pairs = Object.entries(table).flatMap(([phase, handlers]) =>
    Object.keys(handlers).map((type) => `${phase} + ${type}`),
  );
  assert.equal(pairs.length, 55);
  assert.deepEqual(
    pairs.filter((pair) => !covered.has(pair)),
    [],
  );
  assert.deepEqual(Object.keys(STATES), Object.keys(table));
});

test("the machine changes nothing that it is given", () => {
  const freeze = (value) => {
    if (value !== null && typeof value === "object") Object.values(Object.freeze(value)).forEach(freeze);
    return value;
  };
  for (const [phases, event] of rows) for (const phase of phases) step(freeze(STATES[phase]), freeze(event));
});

test("a second lost answer waits, and every further failure waits longer, up to a minute", () => {
  let state = STATES.idle;
  const pauses = [];
  for (let failure = 0; failure < 8; failure++) {
    state = step(state, wanted(true)).state;
    state = step(state, bad("failed", down)).state;
    assert.equal(state.phase, "exchanging", "once more at once");
    const { state: next, effects } = step(state, bad("failed", down));
    pauses.push(effects[0].event.retryIn);
    state = next;
  }
  assert.deepEqual(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
  const late = step(STATES.idle, bad("failed", error("busy"), { chance: 0.5 }));
  assert.equal(late.effects[0].event.retryIn, 1.5, "spread by chance");
});

test("an issuer may ask for a long pause, but not for one without end", () => {
  const pause = (asked) => step(STATES.idle, bad("failed", error("busy", undefined, asked))).effects[0].event.retryIn;
  assert.deepEqual([pause(120), pause(10_000_000), pause(-5)], [120, 1800, 1]);
});

test("what is over by this device's clock is not announced again by the issuer's", () => {
  const { effects } = step({ ...STATES.exchanging, told: "over" }, bad("refused", error("refused", "expired")));
  assert.deepEqual(words(effects), ["keep note"]);
});

test("a demand is announced once, outlives failures, and ends with the next token", () => {
  const asks = bad("refused", error("refused", demand.reason));
  const first = step(STATES.exchanging, asks);
  assert.deepEqual([first.state.demand.answer, words(first.effects)], ["password", ["demand"]]);
  const failed = step({ ...STATES.exchanging, demand }, bad("failed", error("busy")));
  assert.deepEqual([failed.state.demand, words(failed.effects)], [demand, ["offline"]]);
  assert.deepEqual(words(step({ ...STATES.exchanging, demand }, asks).effects), ["offline"]);
  assert.equal(step(first.state, exchanged(three, two)).state.demand, undefined);
});

test("at the start nobody is signed in, and a note from earlier says why", () => {
  assert.equal(initial.ended.reason, "none");
  assert.equal(step(initial, { type: "looked", kept: over }).state.ended.reason, "reuse_detected");
});
