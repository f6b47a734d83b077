// A person at the demo page, in Chromium: sign in, go stale, exchange, lose the network, sign out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openProfile, openTab } from "../harness/browser.mjs";
import { withDemo } from "../harness/page.mjs";
import { until } from "../harness/process.mjs";

const world = withDemo({ "access-ttl": "10m" });

test("whoever signs in at the page may make the protected call", async (t) => {
  const tab = await openTab(await openProfile(world.browser, t), world.demo.url);
  await tab.state("signed-out");
  await tab.picture("1-signed-out");
  await tab.signIn();
  assert.equal((await tab.callApi()).status, 200);
  await tab.shows("api-status", "200");
  await tab.picture("2-fresh");
  assert.ok(await tab.fitsAPhone(), "nothing sticks out on a phone");
  assert.deepEqual(tab.errors, []);
});

test("a wrong password says so in words and signs nobody in", async (t) => {
  const tab = await openTab(await openProfile(world.browser, t), world.demo.url);
  await tab.at("username").fill("demo");
  await tab.at("password").fill("worst-after");
  await tab.at("sign-in").click();
  await tab.page.getByText("The user name or password is wrong.").first().waitFor();
  await tab.state("signed-out");
  await tab.picture("3-wrong-password");
});

test("the startup verdict is there before any request is made", async (t) => {
  const context = await openProfile(world.browser, t);
  await (await openTab(context, world.demo.url)).signIn();
  const asked = [];
  context.on("request", (request) => asked.push(new URL(request.url())));
  const tab = await openTab(context, world.demo.url);
  await tab.state("fresh");
  assert.match(await tab.text("startup-verdict"), /fresh/i);
  const toTheIssuer = asked.filter(
    (url) => url.origin === world.demo.issuer.url && /oauth|login|jwks/.test(url.pathname),
  );
  assert.deepEqual(toTheIssuer.map(String), []);
});

test("signing out ends it here and at the server", async (t) => {
  const tab = await openTab(await openProfile(world.browser, t), world.demo.url);
  await tab.signIn();
  const { token } = await tab.callApi();
  assert.equal((await world.demo.issuer.exchange(token)).status, 200, "until then the token can be exchanged");
  // The page shows it at once, and does not wait for the issuer.
  const told = tab.page.waitForResponse(
    (response) => response.request().method() === "POST" && new URL(response.url()).pathname === "/logout",
  );
  await tab.at("sign-out").click();
  await tab.state("signed-out");
  await told;
  const refused = await world.demo.issuer.exchange(token);
  assert.deepEqual([refused.status, (await refused.json()).reason], [400, "logged_out"]);
  await tab.page.reload();
  await tab.state("signed-out");
  await tab.picture("4-signed-out-again");
});

test("signing out in one tab is seen in the other", async (t) => {
  const context = await openProfile(world.browser, t);
  const one = await openTab(context, world.demo.url);
  await one.signIn();
  const other = await openTab(context, world.demo.url);
  await other.state("fresh");
  await one.at("sign-out").click();
  await other.state("signed-out");
});

test("two tabs that exchange at the same moment both stay signed in", async (t) => {
  const context = await openProfile(world.browser, t);
  const one = await openTab(context, world.demo.url);
  await one.signIn();
  const other = await openTab(context, world.demo.url);
  await other.state("fresh");
  const tabs = [one, other];
  for (let time = 0; time < 3; time++) {
    const before = await one.text("generation");
    await Promise.all(tabs.map((tab) => tab.at("exchange").click()));
    await Promise.all(tabs.map((tab) => tab.at("generation").filter({ hasNotText: before }).waitFor()));
    await until(
      async () => (await one.text("generation")) === (await other.text("generation")),
      "one token in both tabs",
    );
    await Promise.all(tabs.map((tab) => tab.state("fresh")));
  }
  assert.equal((await one.callApi()).status, 200);
  assert.equal((await other.callApi()).status, 200);
  assert.deepEqual([...one.errors, ...other.errors], []);
});
