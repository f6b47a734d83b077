// Several tabs of one person, and a network that loses answers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBrowser } from "../../harness/browser.mjs";
import { person, startField } from "../../harness/field/field.mjs";
import { allStarted, until } from "../../harness/process.mjs";

let browser;
let field;

before(async () => {
  [browser, field] = await allStarted(startBrowser(), startField({ "access-ttl": "10s", "refresh-ttl": "1h" }));
});
after(async () => {
  await browser?.close();
  await field?.stop();
});

test("ten tabs that go stale at once all go on, with one successor", async (t) => {
  const ann = await person(browser, t, field);
  const tabs = [await ann.signedIn()];
  tabs.push(...(await Promise.all(Array.from({ length: 9 }, () => ann.open()))));
  const before = await tabs[0].generation();
  await Promise.all(tabs.map((tab) => tab.state("stale")));
  const statuses = await Promise.all(tabs.map((tab) => tab.call()));
  assert.deepEqual(statuses, Array(10).fill(200));
  // A tab hears of a sibling's token when it next looks, or is told.
  const generations = () => Promise.all(tabs.map((tab) => tab.generation()));
  await until(async () => new Set(await generations()).size === 1, "the same token in all tabs");
  assert.ok((await tabs[0].generation()) > before);
  assert.deepEqual(await ann.signOuts(), []);
});

test("signing out in one tab signs out the other, and nobody else", async (t) => {
  const ann = await person(browser, t, field);
  const one = await ann.signedIn();
  const other = await ann.open();
  const bob = await person(browser, t, field);
  const his = await bob.signedIn();
  assert.equal(await one.page.evaluate(() => session.logout()), true, "the issuer has confirmed it");
  await other.state("signed-out");
  await ann.heard("signed-out", 2);
  assert.deepEqual((await one.snapshot()).reason, "signed_out");
  assert.deepEqual((await other.snapshot()).reason, "signed_out_elsewhere");
  assert.deepEqual(await ann.signOuts(), ["signed_out", "signed_out_elsewhere"]);
  assert.equal(await his.call(), 200);
  assert.deepEqual(await bob.signOuts(), []);
});

test("a sign-out while another tab waits for its exchange is not undone by the answer", async (t) => {
  const ann = await person(browser, t, field);
  const one = await ann.signedIn();
  const slow = await ann.open();
  const [asked, released] = [signal(), signal()];
  await slow.page.route("**/oauth/token", async (route) => {
    const response = await route.fetch();
    asked.give();
    await released.given;
    await route.fulfill({ response });
  });
  const exchange = slow.exchange();
  await asked.given;
  await one.page.evaluate(() => session.logout());
  released.give();
  await exchange;
  await slow.state("signed-out");
  await ann.heard("signed-out", 2);
  const later = await ann.open();
  assert.equal((await later.snapshot()).reason, "signed_out");
  assert.deepEqual(await ann.signOuts(), ["signed_out", "signed_out_elsewhere"]);
});

test("a sign-out that the storage of another tab shows late is not undone by an exchange there", async (t) => {
  const ann = await person(browser, t, field);
  const one = await ann.signedIn();
  const slow = await ann.open();
  // Each process has a copy of the storage, and on a loaded machine it is behind for a moment: here it stays so.
  await slow.page.evaluate(() => {
    const { getItem } = Storage.prototype;
    const before = localStorage.getItem("shelflife");
    Storage.prototype.getItem = function (key) {
      return key === "shelflife" && this === localStorage ? before : getItem.call(this, key);
    };
  });
  const released = signal();
  await slow.page.route("**/oauth/token", async (route) => {
    const response = await route.fetch();
    await released.given;
    await route.fulfill({ response });
  });
  const exchange = slow.exchange();
  assert.equal(await one.page.evaluate(() => session.logout()), true);
  await ann.heard("signed-out", 2);
  released.give();
  await exchange;
  assert.equal((await (await ann.open()).snapshot()).reason, "signed_out", "what came after it was not kept");
  await slow.page.close();
  assert.deepEqual(await ann.signOuts(), ["signed_out", "signed_out_elsewhere"]);
});

/** Something that one part of a test waits for and another one gives. */
function signal() {
  let give;
  const given = new Promise((resolve) => {
    give = resolve;
  });
  return { given, give };
}

test("a tab that was duplicated with its own storage goes on beside its original", async (t) => {
  const ann = await person(browser, t, field, { options: { storage: "sessionStorage" } });
  const original = await ann.signedIn();
  const [popup] = await Promise.all([
    ann.context.waitForEvent("page"),
    // A window that a page opens gets a copy of its session storage, as a duplicated tab does.
    original.page.evaluate(() => void window.open("/")),
  ]);
  await popup.waitForFunction(() => window.session, undefined, { polling: 50 });
  const copy = (page) => page.evaluate(() => session.lastKnownClaims()?.gen);
  assert.equal(await copy(popup), await original.generation());
  assert.equal(await original.exchange(), "exchanged");
  const now = await original.generation();
  await popup.waitForFunction((now) => session.lastKnownClaims()?.gen === now, now, { polling: 50 });
  assert.deepEqual(await ann.signOuts(), []);
});

test("an answer that was lost on the way is made good at once", async (t) => {
  const ann = await person(browser, t, field);
  const tab = await ann.signedIn();
  const before = await tab.generation();
  await tab.state("stale");
  let lost = 0;
  await tab.page.route(
    "**/oauth/token",
    async (route) => {
      assert.equal((await route.fetch()).status(), 200, "the issuer has done it");
      lost += 1;
      await route.abort("connectionreset");
    },
    { times: 1 },
  );
  assert.equal(await tab.call(), 200);
  assert.deepEqual([lost, await tab.generation()], [1, before + 1], "the successor that was lost, not another one");
  assert.deepEqual(await ann.signOuts(), []);
});

test("answers that are lost again and again sign nobody out, and the first that comes through is good", async (t) => {
  const ann = await person(browser, t, field);
  const tab = await ann.signedIn();
  const before = await tab.generation();
  await tab.state("stale");
  let lost = 0;
  await tab.page.route(
    "**/oauth/token",
    async (route) => {
      await route.fetch();
      lost += 1;
      await route.abort("connectionreset");
    },
    { times: 4 },
  );
  assert.equal(await tab.call(), "unreachable");
  assert.equal(await tab.exchange(), "unreachable");
  assert.equal(lost, 4, "each was tried twice");
  assert.equal(await tab.exchange(), "exchanged");
  assert.equal(await tab.generation(), before + 1);
  assert.deepEqual(await ann.signOuts(), []);
});

test("a portal that answers for the issuer signs nobody out", async (t) => {
  const ann = await person(browser, t, field);
  const tab = await ann.signedIn();
  const answers = [
    { status: 200, contentType: "text/html", body: "<html>Accept the terms" },
    { status: 200, contentType: "application/json", body: "{}" },
    { status: 400, contentType: "text/html", body: "no" },
    { status: 403, contentType: "application/json", body: '{"reason":"reuse_detected"}' },
    { status: 502, body: "" },
    { status: 302, headers: { location: "/" }, body: "" },
  ];
  for (const answer of answers) {
    const headers = { "access-control-allow-origin": "*", ...answer.headers };
    await tab.page.route("**/oauth/token", (route) => route.fulfill({ ...answer, headers }));
    assert.match(await tab.exchange(), /^(unexpected|busy|unreachable)$/);
    await tab.page.unroute("**/oauth/token");
  }
  assert.equal(await tab.exchange(), "exchanged");
  assert.deepEqual(await ann.signOuts(), []);
});
