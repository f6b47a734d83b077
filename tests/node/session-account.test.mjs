// The session client beyond sign-in and exchange: the password proved again, devices, siblings without a common storage.
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStorage } from "@shelflife/verifier/session";
import { API, CREDENTIALS, eventsOf, World } from "../harness/world.mjs";

/** Resolves when `condition` holds; fails when it takes too long. */
async function until(condition) {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `waited in vain for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test("a demand for the password signs nobody out, and step-up answers it", async () => {
  const world = new World();
  const session = await world.signedIn();
  const events = eventsOf(session);
  world.time += 61;
  world.sessions.get("s1").demanded = true;
  await assert.rejects(() => session.fetch(API), { code: "refused", reason: "reauthentication_required" });
  const { state, demand } = session.judge();
  assert.deepEqual([state, demand.answer, demand.reason], ["stale", "password", "reauthentication_required"]);
  await assert.rejects(() => session.stepUp("wrong"), { code: "refused", reason: "bad_credentials" });
  assert.equal(session.state, "stale", "a wrong password changes nothing");
  assert.equal((await session.stepUp(CREDENTIALS.password)).demand, undefined);
  assert.equal((await session.fetch(API)).status, 200);
  assert.deepEqual(events, ["stale", "demand", "exchanged", "claims-changed"], "auth_time is another one");
});

test("a call to the issuer that needs the password first is a demand, and nothing is exchanged for it", async () => {
  const world = new World();
  const session = await world.signedIn();
  const events = eventsOf(session);
  world.sessions.get("s1").demanded = true;
  const refused = { code: "refused", reason: "reauthentication_required" };
  for (const call of [() => session.devices(), () => session.end("s1"), () => session.endOthers()]) {
    await assert.rejects(call, refused);
  }
  assert.deepEqual([session.state, session.judge().demand.answer, world.exchanges()], ["fresh", "password", 0]);
  assert.deepEqual(events, ["demand"], "told once");
  assert.equal((await session.stepUp(CREDENTIALS.password)).demand, undefined);
  assert.equal((await session.devices()).length, 1);
});

test("a step-up that fails on the way leaves the session as it was", async () => {
  const world = new World();
  const session = await world.signedIn();
  world.issuer = "down";
  await assert.rejects(() => session.stepUp(CREDENTIALS.password), { code: "unreachable" });
  assert.equal(session.state, "fresh");
  world.issuer = "ok";
  world.sessions.get("s1").ended = "evicted";
  await assert.rejects(() => session.stepUp(CREDENTIALS.password), { reason: "evicted" });
  assert.equal(session.judge().reason, "evicted", "a final reason is final here, too");
  await assert.rejects(() => session.stepUp(CREDENTIALS.password), { code: "signed-out", reason: "evicted" });
});

test("a step-up with a token whose successor was lost on the way fetches that one first", async () => {
  const world = new World();
  const session = await world.signedIn();
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: session.rawToken() });
  await world.answer(new Request("http://issuer.test/oauth/token", { method: "POST", body }));
  assert.equal(session.claims.gen, 1);
  await session.stepUp(CREDENTIALS.password);
  assert.deepEqual([session.claims.gen, session.claims.auth_time], [3, world.time]);
});

test("a step-up and an exchange at the same moment leave one session with the newest token", async () => {
  const world = new World();
  const session = await world.signedIn();
  world.delay = 5;
  world.time += 61;
  await Promise.all([session.fetch(API), session.stepUp(CREDENTIALS.password), session.exchange()]);
  assert.deepEqual([session.state, session.claims.gen], ["fresh", world.sessions.get("s1").claims.gen]);
  assert.equal((await session.fetch(API)).status, 200);
});

test("devices are listed, one is ended, then all others", async () => {
  const world = new World();
  const session = await world.signedIn();
  for (let count = 0; count < 3; count++) await world.signedIn({ storage: memoryStorage() });
  world.time += 61;
  const devices = await session.devices();
  assert.deepEqual(
    devices.map(({ session_id, current }) => [session_id, current]),
    [
      ["s1", true],
      ["s2", false],
      ["s3", false],
      ["s4", false],
    ],
  );
  assert.deepEqual(
    [await session.end("s2"), await session.end("s2"), await session.end("nobody")],
    [true, false, false],
  );
  assert.equal(await session.endOthers(), 2);
  assert.equal(session.state, "fresh");
  assert.equal(await session.end("s1"), true);
  assert.deepEqual([session.state, session.judge().reason], ["signed-out", "signed_out"]);
});

test("changing the password needs the present one, and ends the others", async () => {
  const world = new World();
  const session = await world.signedIn();
  await world.signedIn({ storage: memoryStorage() });
  await assert.rejects(() => session.changePassword("wrong", "new"), { code: "refused", reason: "bad_credentials" });
  assert.equal(await session.changePassword(CREDENTIALS.password, "new"), 1);
  assert.equal(session.state, "fresh");
  world.issuer = "down";
  await assert.rejects(() => session.devices(), { name: "SessionError", code: "unreachable" });
  assert.equal(session.state, "fresh");
});

test("a tab that was duplicated with its storage hears of the next token from its sibling", async () => {
  const world = new World();
  const name = crypto.randomUUID();
  const storages = [memoryStorage(), memoryStorage()];
  globalThis.sessionStorage = asWebStorage(storages[0]);
  const first = await world.signedIn({ storage: "sessionStorage", name });
  storages[1].write(storages[0].read());
  globalThis.sessionStorage = asWebStorage(storages[1]);
  const copy = await world.open({ storage: "sessionStorage", name });
  const stranger = await world.signedIn({ storage: memoryStorage(), name });
  globalThis.sessionStorage = asWebStorage(storages[0]);
  await first.exchange();
  globalThis.sessionStorage = asWebStorage(storages[1]);
  await until(() => copy.claims.gen === 2);
  assert.equal(stranger.claims.sid, "s2", "and one of another session does not care");
  assert.equal(storages[1].read(), storages[0].read());
  await first.logout();
  await until(() => copy.state === "signed-out");
  assert.equal(stranger.state, "fresh");
  for (const session of [first, copy, stranger]) session.close();
  delete globalThis.sessionStorage;
});

/** A storage that two tabs share and that shows one of them late what the other one wrote, as those of browsers do under load. */
function lateFor({ storage }) {
  let seen;
  return {
    read: () => (seen === undefined ? storage.read() : seen),
    write(value) {
      storage.write(value);
      if (seen !== undefined) seen = value;
    },
    clear: () => storage.clear(),
    fallBehind() {
      seen = storage.read();
    },
  };
}

test("a sign-out that the storage shows late is not undone by an exchange that was under way", async () => {
  const world = new World();
  const name = crypto.randomUUID();
  const first = await world.signedIn({ name });
  const storage = lateFor(world);
  const other = await world.open({ name, storage });
  world.delay = 50;
  const exchange = other.exchange().catch(() => undefined);
  storage.fallBehind();
  await first.logout();
  await until(() => other.state === "signed-out");
  await exchange;
  assert.equal(other.judge().reason, "signed_out_elsewhere");
  assert.match(world.storage.read(), /signed_out/, "the answer that came after it was not kept");
  for (const session of [first, other]) session.close();
});

test("a token that was written over the note of a sign-out gives way to it as soon as that is heard of", async (t) => {
  const real = globalThis.BroadcastChannel;
  globalThis.BroadcastChannel = HeldChannel;
  t.after(() => {
    globalThis.BroadcastChannel = real;
  });
  const world = new World();
  const first = await world.signedIn();
  const storage = lateFor(world);
  const other = await world.open({ storage });
  HeldChannel.deliver();
  world.delay = 20;
  const exchange = other.exchange();
  await until(() => world.sessions.get("s1").claims.gen === 2);
  storage.fallBehind();
  const logout = first.logout();
  await exchange;
  assert.match(world.storage.read(), /token/, "this is what the storage is left with");
  HeldChannel.deliver();
  assert.equal(other.judge().reason, "signed_out_elsewhere");
  assert.match(world.storage.read(), /signed_out/);
  assert.equal((await world.open()).state, "signed-out");
  await logout;
});

/** A channel that delivers what was posted when it is told to. */
class HeldChannel {
  static #open = new Set();
  static #posted = [];

  static deliver() {
    for (const { from, data } of HeldChannel.#posted.splice(0)) {
      for (const channel of HeldChannel.#open) if (channel !== from) channel.onmessage?.({ data });
    }
  }

  constructor() {
    HeldChannel.#open.add(this);
  }

  postMessage(data) {
    HeldChannel.#posted.push({ from: this, data });
  }

  close() {
    HeldChannel.#open.delete(this);
  }
}

test("a note that comes late takes nothing from somebody who has signed in again since", async () => {
  const world = new World();
  const name = crypto.randomUUID();
  const first = await world.signedIn({ name });
  const storage = lateFor(world);
  const asleep = await world.open({ name, storage });
  world.time += 30;
  storage.fallBehind();
  await first.logout();
  await first.login(CREDENTIALS);
  await until(() => asleep.state === "signed-out");
  assert.match(world.storage.read(), /token/);
  assert.equal((await world.open()).claims.sid, "s2");
  for (const session of [first, asleep]) session.close();
});

function asWebStorage({ read, write, clear }) {
  return { getItem: read, setItem: (_, value) => write(value), removeItem: clear };
}

test("a disk that is full leaves no outdated token behind for the next visit", async () => {
  const world = new World();
  const kept = memoryStorage();
  let full = false;
  const write = (value) => {
    if (full) throw new Error("quota");
    kept.write(value);
  };
  const storage = { read: kept.read, write, clear: kept.clear };
  const session = await world.signedIn({ storage });
  full = true;
  await session.exchange();
  assert.deepEqual([session.persistent, session.claims.gen, kept.read()], [false, 2, null]);
  full = false;
  await session.exchange();
  assert.deepEqual([session.persistent, (await world.open({ storage })).claims.gen], [true, 3]);
  full = true;
  await session.logout();
  assert.deepEqual([session.state, kept.read()], ["signed-out", null]);
});

test("the issuer has the last word on an expiry by this device's clock", async () => {
  const world = new World();
  const session = await world.signedIn();
  world.skew = 90 * 86_400;
  assert.deepEqual([session.state, session.judge().reason], ["signed-out", "expired"]);
  assert.equal((await session.fetch(API)).status, 200, "the device's clock was wrong");
  assert.equal(session.state, "fresh");
  world.time += 7200;
  world.sessions.get("s1").ended = "expired";
  const events = eventsOf(session);
  session.judge();
  assert.equal((await session.fetch(API)).status, 401);
  assert.deepEqual(events, ["signed-out"], "told once");
});

test("a bound session sends its cookie along and asks for it at the sign-in", async () => {
  const world = new World();
  const sent = [];
  const fetch = async (input, init) => {
    const request = new Request(input, init);
    sent.push([new URL(request.url).pathname, init?.credentials, await request.clone().text()]);
    return world.answer(request);
  };
  const session = await world.open({ binder: "cookie", fetch });
  await session.login(CREDENTIALS);
  assert.match(sent[0][2], /"binder":"cookie"/);
  await session.exchange();
  assert.deepEqual(
    sent.map(([path, credentials]) => [path, credentials]),
    [
      ["/login", "include"],
      ["/oauth/token", "include"],
    ],
  );
  world.sessions.get("s1").ended = "binder_mismatch";
  await assert.rejects(() => session.exchange(), { reason: "binder_mismatch" });
  assert.equal(session.judge().demand.answer, "sign-in", "the issuer keeps the session, and so do we");
});

test("freshToken exchanges first, and says why there is none", async () => {
  const world = new World();
  const session = await world.signedIn();
  const first = await session.freshToken();
  world.time += 61;
  const second = await session.freshToken();
  assert.notEqual(first, second);
  await session.logout();
  await assert.rejects(() => session.freshToken(), { code: "signed-out", reason: "signed_out" });
});

test("a listener that throws harms neither the session nor the other listeners", async () => {
  const world = new World();
  const session = await world.signedIn();
  const later = [];
  const real = globalThis.queueMicrotask;
  session.onChange(() => {
    globalThis.queueMicrotask = (run) => later.push(run);
    throw new Error("a mistake of the page");
  });
  session.onChange(() => {
    globalThis.queueMicrotask = real;
  });
  const events = eventsOf(session);
  await session.exchange();
  assert.deepEqual(events, ["exchanged"]);
  assert.throws(later[0], { message: "a mistake of the page" });
});
