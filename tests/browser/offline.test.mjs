// What the page knows by itself: the network is cut, and everything it could ask is gone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openProfile, openTab, startBrowser } from "../harness/browser.mjs";
import { startDemo } from "../harness/page.mjs";

let browser;

before(async () => {
  browser = await startBrowser();
});
after(() => browser?.close());

/** The browser is offline, and nobody would answer if it were not. */
async function cut(context, demo) {
  await context.setOffline(true);
  await demo.stop();
}

/** The page keeps itself for offline use; until it has done so a reload has nothing to show. */
function keptForOffline(tab) {
  return tab.page.evaluate(() => navigator.serviceWorker?.ready.then(() => true));
}

/** A tab of a person who signed in and reloaded once, and then the network was gone. */
async function signedInThenCutOff(t, demo) {
  const context = await openProfile(browser, t);
  const tab = await openTab(context, demo.url);
  await tab.signIn();
  await keptForOffline(tab);
  await tab.page.reload();
  await tab.state("fresh", "stale");
  await cut(context, demo);
  return tab;
}

test("a reload without network shows that the person is signed in, and the token still fresh", async (t) => {
  const demo = await startDemo({ "access-ttl": "10m" });
  t.after(() => demo.stop());
  const tab = await signedInThenCutOff(t, demo);
  await tab.page.reload();
  await tab.state("fresh");
  assert.match(await tab.text("startup-verdict"), /fresh/i);
  await tab.picture("5-offline-fresh");
  assert.deepEqual(tab.errors, []);
});

test("a token that went stale without network is shown as stale, and nobody is signed out by it", async (t) => {
  const demo = await startDemo({ "access-ttl": "8s" });
  t.after(() => demo.stop());
  const tab = await signedInThenCutOff(t, demo);
  await tab.state("stale");
  await tab.page.reload();
  await tab.state("stale");
  assert.match(await tab.text("startup-verdict"), /stale/i);
  await tab.at("exchange").click();
  await tab.shows("exchange-outcome", /cannot be reached/);
  await tab.state("stale");
  await tab.picture("6-offline-stale");
});

test("a reload without network shows that nobody is signed in", async (t) => {
  const demo = await startDemo();
  t.after(() => demo.stop());
  const context = await openProfile(browser, t);
  const tab = await openTab(context, demo.url);
  await tab.state("signed-out");
  await keptForOffline(tab);
  await tab.page.reload();
  await cut(context, demo);
  await tab.page.reload();
  await tab.state("signed-out");
});
