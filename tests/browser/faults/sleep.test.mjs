// Pages that are suspended and wake up later than they think, and pages that come back from the back/forward cache.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBrowser } from "../../harness/browser.mjs";
import { person, startField } from "../../harness/field/field.mjs";
import { allStarted, until } from "../../harness/process.mjs";

let browser;
let field;

before(async () => {
  // Playwright switches the back/forward cache off unless told otherwise.
  const options = { ignoreDefaultArgs: ["--disable-back-forward-cache"] };
  const issuer = { "access-ttl": "5s", "refresh-ttl": "15s" };
  [browser, field] = await allStarted(startBrowser([], options), startField(issuer));
});
after(async () => {
  await browser?.close();
  await field?.stop();
});

/**
 * Suspends every page of the browser, as a laptop does that is shut: their processes stand still until `past` this date, in
 * seconds, and then go on as if nothing had been. Chromium's own freezing needs a hidden page, which a headless browser has not.
 */
async function asleep(past) {
  const cdp = await browser.newBrowserCDPSession();
  const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
  const pages = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
  // Chromium ends processes of pages that are gone, and may have done so since it was asked.
  const all = (signal) => pages.filter((pid) => sent(pid, signal));
  try {
    assert.ok(all("SIGSTOP").length > 0);
    await until(() => Date.now() / 1000 > past + 0.5);
  } finally {
    all("SIGCONT");
  }
}

/** Whether there was still a process to send it to. */
function sent(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
    return false;
  }
}

test("a suspended page that wakes when its token is stale goes on", async (t) => {
  const ann = await person(browser, t, field);
  const tab = await ann.signedIn();
  const { bbf, gen } = await tab.page.evaluate(() => session.lastKnownClaims());
  await asleep(bbf);
  assert.equal((await tab.snapshot()).state, "stale");
  assert.equal(await tab.call(), 200);
  assert.ok((await tab.generation()) > gen);
  assert.deepEqual(await ann.signOuts(), []);
});

test("a suspended page that wakes when its session has expired says so, once, and the issuer agrees", async (t) => {
  const ann = await person(browser, t, field);
  const tab = await ann.signedIn();
  const { exp } = await tab.page.evaluate(() => session.lastKnownClaims());
  const token = await tab.token();
  await asleep(exp);
  assert.deepEqual([(await tab.snapshot()).state, (await tab.snapshot()).reason], ["signed-out", "expired"]);
  assert.equal((await (await field.issuer.exchange(token)).json()).reason, "expired");
  assert.equal(await tab.call(), 401);
  assert.deepEqual(await ann.signOuts(), ["expired"]);
});

test("a page from the back/forward cache knows what happened while it was away", async (t) => {
  const ann = await person(browser, t, field);
  const tab = await ann.signedIn();
  await tab.page.evaluate(() => {
    window.marked = true;
    addEventListener("pageshow", ({ persisted }) => {
      window.restored = persisted;
    });
  });
  await tab.page.goto(`${field.url}/elsewhere`);
  await tab.page.waitForFunction(() => window.session, undefined, { polling: 50 });
  for (let time = 0; time < 3; time++) assert.equal(await tab.exchange(), "exchanged");
  const now = await tab.generation();
  await tab.page.evaluate(() => history.back());
  await tab.page.waitForFunction(() => window.marked === true && window.restored !== undefined, undefined, {
    polling: 50,
  });
  assert.equal(await tab.page.evaluate(() => window.restored), true, "the very page, from the cache");
  assert.equal(await tab.generation(), now);
  assert.deepEqual(await ann.signOuts(), []);
});

test("a page from the back/forward cache is signed out if that is what happened meanwhile", async (t) => {
  const ann = await person(browser, t, field);
  const tab = await ann.signedIn();
  await tab.page.evaluate(() => {
    window.marked = true;
  });
  await tab.page.goto(`${field.url}/elsewhere`);
  await tab.page.waitForFunction(() => window.session, undefined, { polling: 50 });
  await tab.page.evaluate(() => session.logout());
  await tab.page.evaluate(() => history.back());
  await tab.page.waitForFunction(() => window.marked === true, undefined, { polling: 50 });
  await tab.state("signed-out");
  assert.equal((await tab.snapshot()).reason, "signed_out_elsewhere");
  await ann.heard("signed-out", 2);
  assert.deepEqual(await ann.signOuts(), ["signed_out", "signed_out_elsewhere"]);
});
