// The session client on its own: what it may lose (nothing), and when it signs out (only when it must).
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStorage, SessionError } from "@shelflife/verifier/session";
import { API, CREDENTIALS, eventsOf, mint, refused, World } from "../harness/world.mjs";

const aMoment = () => new Promise((resolve) => setTimeout(resolve, 2));

test("a session lives from sign-in over staleness and exchange to sign-out", async () => {
  const world = new World();
  const session = await world.open();
  const events = eventsOf(session);
  assert.equal(session.state, "signed-out");
  assert.deepEqual(world.calls, [], "starting up makes no request");
  await session.login(CREDENTIALS);
  assert.deepEqual([session.state, session.claims.gen], ["fresh", 1]);
  world.time += 61;
  assert.deepEqual([session.state, session.claims], ["stale", undefined], "a stale token's claims open nothing");
  assert.equal(session.lastKnownClaims().gen, 1);
  session.judge();
  const answer = await session.fetch(API, { method: "POST", body: "with a body" });
  assert.equal(await answer.text(), "hello with a body");
  assert.equal(session.claims.gen, 2);
  assert.equal((await world.open()).state, "fresh", "another tab finds it");
  assert.equal(await session.logout(), true);
  assert.deepEqual([session.state, session.rawToken()], ["signed-out", undefined]);
  assert.ok(!world.storage.read().includes("token"), "a note is left, and no token");
  assert.equal((await session.fetch(API)).status, 401);
  assert.deepEqual(events, ["signed-in", "stale", "exchanged", "signed-out"]);
});

test("the token is sent to no other origin", async () => {
  const world = new World();
  const session = await world.signedIn();
  await assert.rejects(() => session.fetch("http://elsewhere.test/"), TypeError);
  assert.deepEqual(world.calls, ["/login"]);
});

test("ten calls at once make one exchange", async () => {
  const world = new World();
  const session = await world.signedIn();
  world.time += 61;
  world.delay = 5;
  const answers = await Promise.all(Array.from({ length: 10 }, () => session.fetch(API)));
  assert.ok(answers.every((answer) => answer.ok));
  assert.equal(world.exchanges(), 1);
});

test("ten tabs that go stale at once all stay signed in", async () => {
  const world = new World();
  const tabs = [await world.signedIn()];
  while (tabs.length < 10) tabs.push(await world.open());
  world.time += 61;
  world.delay = 5;
  const answers = await Promise.all(tabs.map((session) => session.fetch(API)));
  assert.ok(answers.every((answer) => answer.ok));
  assert.ok(tabs.every((session) => session.state === "fresh" && session.claims.gen === 2));
});

test("an issuer that is down signs nobody out, and is not asked again at once", async () => {
  const world = new World();
  const session = await world.signedIn();
  const events = eventsOf(session);
  world.time += 61;
  world.issuer = "down";
  await assert.rejects(
    () => session.fetch(API),
    { name: "SessionError", code: "unreachable" },
    "a 401 would be misread",
  );
  await assert.rejects(() => session.exchange(), { name: "SessionError", code: "unreachable" });
  await assert.rejects(() => session.freshToken(), { name: "SessionError", code: "unreachable" });
  world.calls.length = 0;
  await assert.rejects(() => session.fetch(API), { code: "unreachable" });
  assert.deepEqual(world.calls, ["/api/me"], "the token is tried as it is: the clock may be wrong");
  world.time += 100;
  world.issuer = "ok";
  assert.equal((await session.fetch(API)).status, 200);
  assert.ok(!events.includes("signed-out"));
});

test("an exchange whose answer was lost is made good at once", async () => {
  const world = new World();
  const session = await world.signedIn();
  const events = eventsOf(session);
  world.time += 61;
  world.issuer = "lost";
  assert.equal((await session.fetch(API)).status, 200);
  assert.deepEqual([session.claims.gen, world.exchanges()], [2, 2], "the successor that was lost, not another one");
  assert.deepEqual(events, ["stale", "exchanged"]);
});

for (const issuer of ["portal", "garbled"]) {
  test(`a ${issuer} that answers instead of the issuer signs nobody out, and nothing of it is kept`, async () => {
    const world = new World();
    const session = await world.signedIn();
    const events = eventsOf(session);
    const kept = world.storage.read();
    world.time += 61;
    world.issuer = issuer;
    await assert.rejects(() => session.fetch(API), { code: "unexpected" });
    assert.deepEqual([session.state, world.storage.read()], ["stale", kept]);
    assert.deepEqual(events, ["stale", "offline"]);
    await assert.rejects(() => session.login(CREDENTIALS), { code: "unexpected" });
    world.issuer = "ok";
    assert.equal((await session.exchange()).state, "fresh");
  });
}

test("a busy issuer says when to come back", async () => {
  const world = new World();
  const session = await world.signedIn();
  world.issuer = "busy";
  const refusal = await session.exchange().catch((error) => error);
  assert.ok(refusal instanceof SessionError);
  assert.deepEqual([refusal.code, refusal.retryAfter], ["busy", 7]);
});

for (const [words, skew] of [
  ["an hour fast", 3600],
  ["an hour slow", -3600],
  ["a month fast", 30 * 86_400],
]) {
  test(`a device clock that is ${words} makes no difference`, async () => {
    const world = new World();
    world.skew = skew;
    const session = await world.signedIn();
    assert.deepEqual([session.state, session.clockOffset], ["fresh", -skew]);
    assert.equal((await world.open()).state, "fresh", "the offset is kept with the token");
    world.time += 61;
    assert.equal(session.state, "stale");
    assert.ok((await session.fetch(API)).ok);
  });
}

test("a 401 beats a clock that was changed after the sign-in", async () => {
  const world = new World();
  const session = await world.signedIn();
  world.skew = -3000;
  world.time += 61;
  assert.equal(session.state, "fresh", "so the device believes");
  assert.ok((await session.fetch(API)).ok);
  assert.equal(session.claims.gen, 2);
});

test("a final refusal signs out and says why", async () => {
  const world = new World();
  const session = await world.signedIn();
  const seen = [];
  session.onChange((snapshot, event) => seen.push([snapshot.state, event.type, event.reason]));
  world.time += 61;
  world.sessions.get("s1").ended = "reuse_detected";
  assert.equal((await session.fetch(API)).status, 401);
  assert.deepEqual(seen.at(-1), ["signed-out", "signed-out", "reuse_detected"]);
  assert.match(world.storage.read(), /reuse_detected/);
  const later = await world.open();
  assert.equal(later.judge().reason, "reuse_detected", "the next visit is told, too");
});

test("a slow tab that was superseded is not signed out", async () => {
  const world = new World();
  const session = await world.signedIn();
  const alone = memoryStorage();
  alone.write(world.storage.read());
  const slow = await world.open({ storage: alone });
  await session.exchange();
  await session.exchange();
  const events = eventsOf(slow);
  await assert.rejects(() => slow.exchange(), { reason: "superseded" });
  assert.deepEqual([slow.state, slow.judge().demand.answer], ["fresh", "sign-in"]);
  assert.deepEqual(events, ["demand"]);
  world.time += 61;
  world.calls.length = 0;
  await assert.rejects(() => slow.fetch(API), { reason: "superseded" });
  assert.equal(world.exchanges(), 0, "to exchange it again would end the session for its sibling");
});

test("a sign-out during an exchange stays a sign-out", async () => {
  const world = new World();
  const session = await world.signedIn();
  world.time += 61;
  world.delay = 20;
  const exchange = session.exchange().catch(() => undefined);
  await aMoment();
  const logout = session.logout();
  assert.equal(session.state, "signed-out");
  await Promise.all([exchange, logout]);
  assert.deepEqual([session.state, session.rawToken()], ["signed-out", undefined]);
});

test("a sign-out in another tab during an exchange stays a sign-out", async () => {
  const world = new World();
  const first = await world.signedIn();
  const other = await world.open();
  world.time += 61;
  world.delay = 20;
  const exchange = other.exchange().catch(() => undefined);
  await aMoment();
  const logout = first.logout();
  await exchange;
  assert.deepEqual([other.state, other.judge().reason], ["signed-out", "signed_out_elsewhere"]);
  await logout;
});

test("storage that was emptied behind its back signs nobody out", async () => {
  const world = new World();
  const session = await world.signedIn();
  world.storage.clear();
  world.time += 61;
  assert.ok((await session.fetch(API)).ok);
  assert.equal((await world.open()).state, "fresh", "and the next token is kept again");
});

test("storage that throws leaves a session in memory", async () => {
  const world = new World();
  const broken = () => {
    throw new Error("forbidden");
  };
  const session = await world.signedIn({ storage: { read: broken, write: broken, clear: broken } });
  assert.deepEqual([session.persistent, session.state], [false, "fresh"]);
  world.time += 61;
  assert.ok((await session.fetch(API)).ok);
  await session.logout();
  assert.equal(session.state, "signed-out");
  assert.equal((await world.open({ storage: "localStorage" })).persistent, false, "here is no localStorage");
});

test("storage that is full keeps the newest token in memory", async () => {
  const world = new World();
  const kept = memoryStorage();
  let full = false;
  const write = (value) => {
    if (full) throw new Error("quota");
    kept.write(value);
  };
  const session = await world.signedIn({ storage: { read: kept.read, write, clear: kept.clear } });
  full = true;
  world.time += 61;
  assert.ok((await session.fetch(API)).ok);
  assert.deepEqual([session.state, session.claims.gen], ["fresh", 2]);
});

test("a web Storage is taken as it is", async () => {
  const world = new World();
  const items = new Map();
  const storage = {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
  };
  const session = await world.signedIn({ storage, name: "mine" });
  assert.deepEqual([session.persistent, items.size], [true, 1]);
  assert.equal((await world.open({ storage, name: "mine" })).state, "fresh");
  await session.logout();
  assert.equal((await world.open({ storage, name: "mine" })).state, "signed-out");
});

test("garbage in storage counts as nobody signed in", async () => {
  const world = new World();
  for (const text of ["", "null", "[]", "{", '{"token":5}', '{"token":"a.b.c"}', '{"token":"..","offset":1e99}']) {
    world.storage.write(text);
    assert.equal((await world.open()).state, "signed-out", text);
  }
});

test("a token by a key this page does not know yet is kept and exchanged", async () => {
  const world = new World();
  const claims = { sid: "a", gen: 1, iat: world.time, bbf: world.time + 60, exp: world.time + 90 };
  world.storage.write(JSON.stringify({ token: mint(claims, "unknown-key"), offset: 0 }));
  const session = await world.open();
  assert.deepEqual([session.state, session.lastKnownClaims()], ["stale", undefined]);
  world.time += 91;
  assert.deepEqual([session.state, session.judge().reason], ["signed-out", "expired"]);
});

test("a wrong password is an error with the issuer's words", async () => {
  const world = new World();
  const session = await world.open({ fetch: async () => refused("bad_credentials", 400) });
  await assert.rejects(() => session.login(CREDENTIALS), {
    code: "refused",
    reason: "bad_credentials",
    message: "no: bad_credentials",
  });
});

test("an API that always answers 401 is no reason for a storm of exchanges", async () => {
  const world = new World();
  const session = await world.signedIn();
  world.time += 10;
  world.api = () => new Response("", { status: 401 });
  for (let call = 0; call < 5; call += 1) assert.equal((await session.fetch(API)).status, 401);
  assert.ok(world.exchanges() <= 1, `${world.exchanges()} exchanges`);
  assert.equal(session.state, "fresh");
});

test("signing out with a stale token ends the session at the issuer; offline it ends here", async () => {
  const world = new World();
  const session = await world.signedIn();
  world.time += 61;
  world.calls.length = 0;
  assert.equal(await session.logout(), true);
  assert.equal(world.sessions.get("s1").ended, "logged_out");
  assert.deepEqual(world.calls, ["/logout"], "nothing is exchanged for it");
  await session.login(CREDENTIALS);
  world.issuer = "down";
  assert.equal(await session.logout(), false);
  assert.equal(session.state, "signed-out");
});
