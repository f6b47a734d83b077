// The session client tells the issuer that a successor arrived: once, when a minute has passed or the page is hidden.
import assert from "node:assert/strict";
import { test } from "node:test";
import { API, CREDENTIALS, eventsOf, World } from "../harness/world.mjs";

const MINUTE_MS = 60_000;

/** A world in which timers run when the test says so, and every report to the issuer is kept. */
function watched(t) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const world = new World();
  const reports = [];
  const fetch = (input, init) => {
    const request = new Request(input, init);
    if (request.url.endsWith("/sessions/seen")) {
      const { method, keepalive, headers } = request;
      reports.push({ method, keepalive, token: headers.get("authorization").replace("Bearer ", "") });
    }
    return world.answer(request);
  };
  const pass = (ms) => t.mock.timers.tick(ms);
  return { world, reports, pass, signedIn: () => world.signedIn({ fetch }), open: () => world.open({ fetch }) };
}

/** A page that can be hidden. Sessions that are made from here on listen to it. */
function fakePage(t) {
  const page = { window: new EventTarget(), document: new EventTarget() };
  page.document.visibilityState = "visible";
  Object.assign(globalThis, page);
  t.after(() => {
    for (const name of Object.keys(page)) delete globalThis[name];
  });
  return {
    show(visibilityState) {
      page.document.visibilityState = visibilityState;
      page.document.dispatchEvent(new Event("visibilitychange"));
    },
    leave: () => page.window.dispatchEvent(new Event("pagehide")),
  };
}

test("the issuer is told of a successor a minute after it was stored, once", async (t) => {
  const { reports, pass, signedIn } = watched(t);
  const session = await signedIn();
  pass(10 * MINUTE_MS);
  assert.deepEqual(reports, [], "no exchange made the first token");
  await session.exchange();
  pass(MINUTE_MS - 1);
  assert.deepEqual(reports, []);
  pass(1);
  assert.deepEqual(reports, [{ method: "POST", keepalive: true, token: session.rawToken() }]);
  pass(10 * MINUTE_MS);
  assert.equal(reports.length, 1);
  await session.stepUp(CREDENTIALS.password);
  pass(MINUTE_MS);
  assert.deepEqual([reports.length, reports[1].token], [2, session.rawToken()], "a step-up makes a successor, too");
});

for (const [what, hide] of [
  ["hidden", (page) => page.show("hidden")],
  ["left", (page) => page.leave()],
]) {
  test(`a page that is ${what} before the minute has passed tells it at once, and not again`, async (t) => {
    const page = fakePage(t);
    const { reports, pass, signedIn } = watched(t);
    const session = await signedIn();
    await session.exchange();
    page.show("visible");
    assert.deepEqual(reports, []);
    hide(page);
    assert.deepEqual(reports, [{ method: "POST", keepalive: true, token: session.rawToken() }]);
    page.show("visible");
    hide(page);
    pass(10 * MINUTE_MS);
    assert.equal(reports.length, 1);
    session.close();
  });
}

test("only the newest token is told, and of several tabs only the one that stored it tells", async (t) => {
  const { reports, pass, signedIn, open } = watched(t);
  const session = await signedIn();
  const sibling = await open();
  await session.exchange();
  pass(MINUTE_MS / 2);
  await sibling.exchange();
  assert.equal(sibling.claims.gen, 3);
  pass(MINUTE_MS / 2);
  assert.deepEqual(reports, [], "generation 2 has been exchanged meanwhile");
  pass(MINUTE_MS / 2);
  assert.deepEqual(
    reports.map(({ token }) => token),
    [sibling.rawToken()],
  );
  pass(10 * MINUTE_MS);
  assert.equal(reports.length, 1);
});

test("a token that the issuer was shown in another call is not told", async (t) => {
  const { world, reports, pass, signedIn } = watched(t);
  const session = await signedIn();
  await session.exchange();
  await session.devices();
  pass(MINUTE_MS);
  assert.deepEqual(reports, []);
  await session.exchange();
  assert.equal((await session.fetch(API)).status, 200);
  world.issuer = "down";
  await assert.rejects(() => session.devices());
  world.issuer = "ok";
  pass(MINUTE_MS);
  assert.equal(reports.length, 1, "a gate is not the issuer, and a call that failed tells nothing");
});

test("an issuer that is down at that moment is not asked again, and nothing else comes of it", async (t) => {
  const { world, reports, pass, signedIn } = watched(t);
  const session = await signedIn();
  await session.exchange();
  const events = eventsOf(session);
  for (const issuer of ["down", "busy"]) {
    world.issuer = issuer;
    reports.length = 0;
    pass(MINUTE_MS);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([reports.length, session.state, events], [1, "fresh", []]);
    world.issuer = "ok";
    pass(10 * MINUTE_MS);
    assert.equal(reports.length, 1);
    await session.exchange();
    events.length = 0;
  }
});

test("what was signed out, or closed, tells nothing", async (t) => {
  const { reports, pass, signedIn } = watched(t);
  const session = await signedIn();
  await session.exchange();
  await session.logout();
  pass(MINUTE_MS);
  const other = await signedIn();
  await other.exchange();
  other.close();
  pass(MINUTE_MS);
  assert.deepEqual(reports, []);
});
