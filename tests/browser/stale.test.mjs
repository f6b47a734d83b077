// A token past its best-before date: refused by the gate, exchanged at the issuer, and good again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openProfile, openTab } from "../harness/browser.mjs";
import { claimsOf } from "../harness/issuer.mjs";
import { withDemo } from "../harness/page.mjs";
import { sleep } from "../harness/process.mjs";

const world = withDemo({ "access-ttl": "10s", "refresh-ttl": "1h" });

test("a stale token is refused by the gate, and after an exchange the call works again", async (t) => {
  const tab = await openTab(await openProfile(world.browser, t), world.demo.url);
  await tab.signIn();
  const first = await tab.callApi();
  assert.equal(first.status, 200);

  await tab.state("stale");
  await tab.picture("7-stale");
  const refused = await world.demo.gate.get("/api/me", { authorization: `Bearer ${first.token}` });
  assert.deepEqual([refused.status, refused.json().reason], [401, "stale"]);
  assert.equal((await tab.callApi()).status, 401, "the page shows the refusal");

  await tab.at("exchange").click();
  await tab.state("fresh");
  const second = await tab.callApi();
  assert.equal(second.status, 200);
  assert.equal(claimsOf(second.token).gen, claimsOf(first.token).gen + 1);
  await tab.shows("generation", new RegExp(`^${claimsOf(second.token).gen}$`));
  assert.deepEqual(tab.errors, []);
});

test("without remember-me the session ends with the token", async (t) => {
  const tab = await openTab(await openProfile(world.browser, t), world.demo.url);
  await tab.signIn({ remember: false });
  const { token } = await tab.callApi();
  const { bbf, exp } = claimsOf(token);
  assert.equal(bbf, exp);
  await sleep(Math.max(0, exp * 1000 - Date.now()) + 200);
  await tab.page.locator('[data-testid="state"]:not([data-state="fresh"]):not([data-state="stale"])').first().waitFor();
  assert.equal((await world.demo.gate.get("/api/me", { authorization: `Bearer ${token}` })).json().reason, "expired");
});
