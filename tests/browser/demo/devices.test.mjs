// The list of devices, and the password that signs the others out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openProfile, openTab } from "../../harness/browser.mjs";
import { PASSWORD } from "../../harness/issuer.mjs";
import { withDemo } from "../../harness/page.mjs";
import { sleep } from "../../harness/process.mjs";

const world = withDemo({ "access-ttl": "10m" });

/** The issuer's list comes late, as on a slow machine: what is said of it must wait for it. */
async function slowList({ page }) {
  await page.route("**/sessions", async (route) => {
    await sleep(300);
    await route.continue();
  });
}

/** Somebody signed in here, and on so many other devices. */
async function signedIn(t, others = 0) {
  const tabs = [];
  for (let count = 0; count <= others; count++) {
    const tab = await openTab(await openProfile(world.browser, t), world.demo.url);
    await tab.at("device").fill(`Device ${count}`);
    await tab.signIn();
    tabs.push(tab);
  }
  return tabs.reverse();
}

const ends = (tab) => tab.at("sessions").getByRole("button", { name: /^End / });

test("one device is ended from the list, and that one only", async (t) => {
  const [here, there, third] = await signedIn(t, 2);
  await ends(here).nth(1).waitFor();
  const before = await ends(here).count();
  await slowList(here);
  await here
    .at("sessions")
    .getByRole("button", { name: /^End Device 1,/ })
    .click();
  await here.shows("devices-outcome", "Device 1 was ended");
  assert.equal(await ends(here).count(), before - 1, "the list is as new as the sentence about it");
  await here.picture("demo-devices");
  for (const tab of [there, third]) await tab.at("exchange").click();
  await there.state("signed-out");
  await third.shows("exchange-outcome", "generation 1 → 2");
  await here.state("fresh");
});

test("all others are ended at once, and this one stays", async (t) => {
  const [here, there] = await signedIn(t, 1);
  await ends(here).first().waitFor();
  await slowList(here);
  await here.at("end-others").click();
  await here.shows("devices-outcome", "ended");
  assert.equal(await ends(here).count(), 0, "the list is as new as the sentence about it");
  assert.ok(await here.at("end-others").isDisabled());
  await there.at("exchange").click();
  await there.state("signed-out");
  await here.at("exchange").click();
  await here.shows("exchange-outcome", "generation 1 → 2");
});

test("another password signs the other devices out, and a wrong one changes nothing", async (t) => {
  const [here, there] = await signedIn(t, 1);
  const change = async (current, next) => {
    await here.at("current-password").fill(current);
    await here.at("new-password").fill(next);
    await here.at("change-password").click();
  };
  await change("worst-after", "another-best-before");
  await here.shows("password-outcome", "wrong");
  await change(PASSWORD, "another-best-before");
  await here.shows("password-outcome", "Changed");
  await there.at("exchange").click();
  await there.state("signed-out");
  await there.shows("state", /password/i);
  await change("another-best-before", PASSWORD);
  await here.shows("password-outcome", "signed out: 0");
  assert.deepEqual(here.errors, []);
});
