// The issuer goes away and comes back; clocks that are wrong; a token that was stolen.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBrowser } from "../../harness/browser.mjs";
import { person, startField } from "../../harness/field/field.mjs";
import { startFront } from "../../harness/front.mjs";
import { claimsOf, PASSWORD, startIssuer } from "../../harness/issuer.mjs";
import { allStarted, until } from "../../harness/process.mjs";

const HOUR = 3600;
/** Longer than any pause the client takes by itself, so that its next attempt is due. */
const TWO_MINUTES = 120;

let browser;
let field;

before(async () => {
  // Grace is short here, so that a copy of a token is a theft at once and not a slow tab.
  const issuer = { "access-ttl": "10m", "refresh-ttl": "30d", grace: "1s" };
  [browser, field] = await allStarted(startBrowser(), startField(issuer));
});
after(async () => {
  await browser?.close();
  await field?.stop();
});

/** The device's clock says that the token is stale; to the issuer it is fresh, and to be exchanged all the same. */
const STALE = 11 * 60;

test("an issuer that is down for minutes signs nobody out, and is asked less and less", async (t) => {
  const ann = await person(browser, t, field);
  const tab = await ann.signedIn();
  const before = await tab.generation();
  let asked = 0;
  tab.page.on("request", (request) => {
    asked += request.url().endsWith("/oauth/token") ? 1 : 0;
  });
  await field.issuer.down();
  const pauses = [];
  try {
    for (let minute = 0; minute < 4; minute++) {
      // Each time the device's clock is past the pause, and stands still there: the client's own backoff is crossed, only faster
      // than in life, and no slow machine crosses it unasked.
      await tab.stopClock(STALE + minute * TWO_MINUTES);
      const status = await tab.call();
      assert.ok(status === 200 || status === "unreachable", `the token is tried as it is: ${status}`);
      const requests = asked;
      await tab.call();
      assert.equal(asked, requests, "within the pause nobody is asked");
      await until(() => ann.told.filter(({ type }) => type === "offline").length === minute + 1);
      pauses.push(ann.told.findLast(({ type }) => type === "offline").retryIn);
    }
  } finally {
    await field.issuer.up();
  }
  assert.equal(asked, 8, "twice an attempt");
  for (const [failure, pause] of pauses.entries()) {
    assert.ok(pause >= 2 ** failure && pause < 2 ** (failure + 1), `pause ${failure}: ${pause} s`);
  }
  assert.equal((await tab.snapshot()).state, "stale");
  await tab.stopClock(STALE + 5 * TWO_MINUTES);
  assert.equal(await tab.call(), 200);
  assert.equal(await tab.generation(), before + 1);
  assert.deepEqual(await ann.signOuts(), []);
});

test("a page that is opened while the issuer is down shows who is signed in, and exchanges later", async (t) => {
  const ann = await person(browser, t, field);
  await ann.signedIn();
  await field.issuer.down();
  try {
    const tab = await ann.open();
    assert.equal((await tab.snapshot()).state, "fresh");
    assert.equal(await tab.call(), 200, "the gate needs no issuer");
    assert.equal(await tab.exchange(), "unreachable");
  } finally {
    await field.issuer.up();
  }
  const tab = await ann.open();
  assert.equal(await tab.exchange(), "exchanged");
  assert.deepEqual(await ann.signOuts(), []);
});

for (const [words, clock] of [
  ["an hour fast", HOUR],
  ["an hour slow", -HOUR],
]) {
  test(`a device whose clock is ${words} signs in, goes on, and starts up as any other`, async (t) => {
    const ann = await person(browser, t, field, { clock });
    const tab = await ann.signedIn();
    assert.equal((await tab.snapshot()).state, "fresh");
    const wrong = -(await tab.page.evaluate(() => session.clockOffset));
    assert.ok(Math.abs(wrong - clock) < 60, `${wrong} s: an answer that took its time counts as so much, and no more`);
    assert.equal(await tab.call(), 200);
    assert.equal(await tab.exchange(), "exchanged");
    const later = await ann.open();
    assert.equal((await later.snapshot()).state, "fresh", "the offset is kept with the token");
    assert.equal(await later.call(), 200);
    assert.deepEqual(await ann.signOuts(), []);
  });

  test(`a clock that is set ${words} after the sign-in signs nobody out`, async (t) => {
    const ann = await person(browser, t, field);
    const tab = await ann.signedIn();
    await tab.setClock(clock);
    assert.equal(await tab.call(), 200);
    assert.equal((await tab.snapshot()).state, "fresh");
    assert.deepEqual(await ann.signOuts(), []);
  });
}

test("a 401 beats the clock: a token that only the device believes fresh is exchanged", async (t) => {
  const short = await startField({ "access-ttl": "8s", "refresh-ttl": "1h" });
  t.after(() => short.stop());
  const ann = await person(browser, t, short);
  const tab = await ann.signedIn();
  const { bbf, gen } = await tab.page.evaluate(() => session.lastKnownClaims());
  await tab.setClock(-HOUR);
  await until(() => Date.now() / 1000 > bbf);
  assert.equal((await tab.snapshot()).state, "fresh", "so the device believes");
  assert.equal(await tab.call(), 200);
  assert.ok((await tab.generation()) > gen);
  assert.deepEqual(await ann.signOuts(), []);
});

test("a stolen token that the issuer saw in use signs out both, in every tab, and says why", async (t) => {
  const ann = await person(browser, t, field);
  const tab = await ann.signedIn();
  const second = await ann.open();
  const bob = await person(browser, t, field);
  await bob.signedIn();
  const thief = await field.issuer.exchanged(await tab.token());
  assert.ok((await devicesOf(thief)).some(({ current }) => current));
  await pastGrace(thief);
  assert.equal(await tab.exchange(), "reuse_detected");
  await second.state("signed-out");
  for (const { reason, message } of [await tab.snapshot(), await second.snapshot()]) {
    assert.equal(reason, "reuse_detected");
    assert.match(message, /used from two places/);
  }
  const refused = await field.issuer.exchange(thief);
  assert.deepEqual([refused.status, (await refused.json()).reason], [400, "reuse_detected"]);
  assert.equal((await (await ann.open()).snapshot()).reason, "reuse_detected", "the next visit is told, too");
  await ann.heard("signed-out", 2);
  assert.deepEqual(await ann.signOuts(), ["reuse_detected", "reuse_detected"]);
  assert.deepEqual(await bob.signOuts(), []);
});

test("a stolen token that the issuer never saw in use: the owner goes on until the thief exchanges again", async (t) => {
  const ann = await person(browser, t, field);
  const tab = await ann.signedIn();
  const thief = await field.issuer.exchanged(await tab.token());
  await pastGrace(thief);
  assert.equal(await tab.exchange(), "exchanged");
  assert.deepEqual([await tab.generation(), await ann.signOuts()], [3, []]);
  const refused = await field.issuer.exchange(thief);
  assert.deepEqual([refused.status, (await refused.json()).reason], [400, "reuse_detected"]);
  assert.equal(await tab.exchange(), "reuse_detected");
  assert.deepEqual(await ann.signOuts(), ["reuse_detected"]);
});

/** Until the grace is over, in which owner and thief cannot be told apart. */
async function pastGrace(successor) {
  const { iat } = claimsOf(successor);
  await until(() => Date.now() / 1000 > iat + 2.1, "the end of the grace");
}

async function devicesOf(token) {
  const headers = { authorization: `Bearer ${token}` };
  return (await (await fetch(`${field.issuer.url}/sessions`, { headers })).json()).sessions;
}

test("devices, their end, the password proved again and changed, with the real issuer", async (t) => {
  const ann = await person(browser, t, field);
  const desk = await ann.signedIn();
  const elsewhere = await person(browser, t, field);
  const phone = await elsewhere.signedIn();
  const devices = await desk.page.evaluate(() => session.devices());
  const other = await phone.page.evaluate(() => session.claims.sid);
  assert.equal(devices.filter(({ current }) => current).length, 1);
  assert.ok(devices.some(({ session_id }) => session_id === other));
  assert.equal(await desk.page.evaluate((sid) => session.end(sid), other), true);
  assert.equal(await desk.page.evaluate((sid) => session.end(sid), other), false);
  assert.equal(await phone.exchange(), "logged_out");
  const wrong = await desk.page.evaluate(() => session.stepUp("wrong").catch(({ reason }) => reason));
  assert.equal(wrong, "bad_credentials");
  const { auth_time: before } = await desk.page.evaluate(() => session.claims);
  await until(() => Date.now() / 1000 > before + 1);
  const after = await desk.page.evaluate(async (password) => {
    await session.stepUp(password);
    return session.claims.auth_time;
  }, PASSWORD);
  assert.ok(after > before);
  await ann.heard("claims-changed");
  assert.equal(typeof (await desk.page.evaluate(() => session.endOthers())), "number");
  assert.deepEqual([await ann.signOuts(), await elsewhere.signOuts()], [[], ["logged_out"]]);
});

test("a demand for the password signs nobody out, and the password answers it", async (t) => {
  const ann = await person(browser, t, field);
  const tab = await ann.signedIn();
  await field.issuer.down();
  const secret = field.issuer.run("clients", "add", "help-desk", "--role", "admin").trim().split(/\s+/).at(-1);
  await field.issuer.up();
  const { sub } = await tab.page.evaluate(() => session.claims);
  const headers = { authorization: `Basic ${btoa(`help-desk:${secret}`)}` };
  const demanded = await fetch(`${field.issuer.url}/admin/users/${sub}/reauthenticate`, { method: "POST", headers });
  assert.ok(demanded.ok, `${demanded.status}`);
  assert.equal(await tab.exchange(), "reauthentication_required");
  await ann.heard("demand");
  const { state, demand } = await tab.snapshot();
  assert.deepEqual([state, demand.answer], ["fresh", "password"]);
  const answered = await tab.page.evaluate((password) => session.stepUp(password), PASSWORD);
  assert.deepEqual([answered.state, answered.demand], ["fresh", undefined]);
  assert.deepEqual(await ann.signOuts(), []);
});

test("a bound session is exchanged where its cookie is, and nowhere else", async (t) => {
  const ann = await person(browser, t, field, { options: { binder: "cookie" } });
  const tab = await ann.signedIn();
  const stolen = await tab.token();
  assert.equal(await tab.exchange(), "exchanged");
  const refused = await field.issuer.exchange(stolen);
  assert.equal((await refused.json()).reason, "binder_mismatch");
  assert.equal(await tab.exchange(), "exchanged", "the thief has changed nothing");
  await ann.context.clearCookies();
  assert.equal(await tab.exchange(), "binder_mismatch");
  const { state, demand } = await tab.snapshot();
  assert.deepEqual([state, demand.answer], ["fresh", "sign-in"]);
  assert.deepEqual(await ann.signOuts(), []);
});

for (const binder of ["none", "cookie"]) {
  test(`a page that lost an answer and comes back after the grace is still signed in (binder: ${binder})`, async (t) => {
    const ann = await person(browser, t, field, { options: { binder } });
    const tab = await ann.signedIn();
    const lost = [];
    const lose = async (route) => {
      lost.push((await (await route.fetch()).json()).access_token);
      await route.abort("connectionreset");
    };
    await tab.page.route("**/oauth/token", lose, { times: 2 });
    assert.equal(await tab.exchange(), "unreachable");
    await pastGrace(lost.at(-1));
    assert.equal(await tab.exchange(), "exchanged", "an answer that was lost is no theft, however late");
    assert.equal(await tab.generation(), claimsOf(lost.at(-1)).gen + 1, "the successor that was lost is displaced");
    assert.deepEqual(await ann.signOuts(), []);
  });
}

test("a page that is left tells the issuer which token arrived, and the token before it is reuse from then on", async (t) => {
  // Playwright does not tell of requests that outlive their page, so they are counted on their way.
  const front = await startFront();
  t.after(() => front.stop());
  front.to = field.issuer.url;
  const ann = await person(browser, t, field, { options: { issuer: front.url } });
  const tab = await ann.signedIn();
  const copied = await tab.token();
  assert.equal(await tab.exchange(), "exchanged");
  const newest = await tab.token();
  assert.equal(front.answered("/sessions/seen"), 0);
  await tab.page.goto(`${field.url}/elsewhere`);
  await until(() => front.answered("/sessions/seen") > 0, "the report of the page that was left");
  await pastGrace(newest);
  const refused = await field.issuer.exchange(copied);
  assert.deepEqual([refused.status, (await refused.json()).reason], [400, "reuse_detected"]);
});

test("an issuer that lost its keys signs nobody out", async (t) => {
  const ann = await person(browser, t, field);
  const tab = await ann.signedIn();
  const stranger = await startIssuer({ issuer: field.issuer.url, "cors-origin": field.url });
  t.after(() => stranger.stop());
  await tab.page.route("**/oauth/token", async (route) =>
    route.fulfill({ response: await route.fetch({ url: `${stranger.url}/oauth/token` }) }),
  );
  assert.equal(await tab.exchange(), "invalid_token");
  assert.equal((await tab.snapshot()).demand.answer, "sign-in");
  await tab.page.unroute("**/oauth/token");
  assert.equal(await tab.exchange(), "exchanged", "as soon as it has found them again");
  assert.deepEqual(await ann.signOuts(), []);
});
