// What axe finds wrong with every page and state of the demo, in light and in dark: nothing. And that nothing jumps about.
import assert from "node:assert/strict";
import { test } from "node:test";
import { violations } from "../../harness/axe.mjs";
import { openProfile, openTab } from "../../harness/browser.mjs";
import { startDemo, withDemo } from "../../harness/page.mjs";

const world = withDemo({ "access-ttl": "10m", "refresh-ttl": "1h" });

test("axe finds no violation on any page in any state, in light and in dark", async (t) => {
  const aging = await startDemo({ "access-ttl": "25s", "refresh-ttl": "1h" });
  t.after(() => aging.stop());
  const tab = await openTab(await openProfile(world.browser, t), aging.url);
  const fine = async (what) => assert.deepEqual(await violations(tab.page), [], what);
  await tab.state("signed-out");
  await fine("signed out");
  await tab.at("password").fill("worst-after");
  await tab.at("sign-in").click();
  await tab.page.getByText("The user name or password is wrong.").first().waitFor();
  await fine("a wrong password");

  await tab.signIn();
  await tab.at("sessions").getByText("this one").waitFor();
  await tab.callApi();
  await tab.at("lose-response").click();
  await tab
    .at("story")
    .getByText(/byte for byte/)
    .waitFor();
  await fine("fresh, with an answer of the gate, a story and a past");

  await tab.page.getByRole("link", { name: "Inspector" }).click();
  await fine("the inspector without a token");
  await tab.at("inspect-mine").click();
  await fine("the inspector with a genuine token");
  await tab.at("inspected").fill("a.b.c");
  await fine("the inspector with a broken token");

  await tab.page.getByRole("link", { name: "Session", exact: true }).click();
  await tab.state("stale");
  await fine("stale");
  await tab.at("sensitive").click();
  await tab.at("step-up").waitFor();
  await fine("the dialog");
  await tab.at("step-up-cancel").click();
  await tab.at("steal-token").click();
  await tab.at("come-back").waitFor();
  await fine("a theft under way");
  await tab.at("sign-out").click();
  await tab.state("signed-out");
  await fine("signed out again");
});

test("the dashboard comes up, loads its list and counts its seconds without moving anything", async (t) => {
  const context = await openProfile(world.browser, t);
  await context.addInitScript(() => {
    window.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await (await openTab(context, world.demo.url)).signIn();
  for (const width of [390, 1280]) {
    const tab = await openTab(context, world.demo.url);
    await tab.page.setViewportSize({ width, height: 900 });
    await tab.page.reload();
    await tab.at("sessions").getByText("this one").waitFor();
    const counting = await tab.text("exchangeable-for");
    await tab.at("exchangeable-for").filter({ hasNotText: counting }).waitFor();
    await tab.page.waitForTimeout(2500);
    const shift = await tab.page.evaluate(() => window.shift);
    t.diagnostic(`layout shift at ${width} pixels: ${shift.toFixed(4)}`);
    assert.ok(shift < 0.01, `at ${width} pixels things moved by ${shift}`);
    await tab.page.close();
  }
});

test("everything on the dashboard can be reached and pressed with the keyboard alone", async (t) => {
  const tab = await openTab(await openProfile(world.browser, t), world.demo.url);
  await tab.at("password").focus();
  await tab.page.keyboard.press("Enter");
  await tab.state("fresh");
  const wanted = ["call-api", "exchange", "sign-out", "second-tab", "lose-response", "steal-token", "sensitive"];
  const reached = new Set();
  for (let press = 0; press < 40 && wanted.some((id) => !reached.has(id)); press++) {
    await tab.page.keyboard.press("Tab");
    reached.add(await tab.page.evaluate(() => document.activeElement?.dataset?.testid));
  }
  assert.deepEqual(
    wanted.filter((id) => !reached.has(id)),
    [],
  );
});
