// The token inspector: any token, judged in the page, without a request.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openProfile, openTab } from "../../harness/browser.mjs";
import { claimsOf } from "../../harness/issuer.mjs";
import { withDemo } from "../../harness/page.mjs";

const world = withDemo({ "access-ttl": "10s", "refresh-ttl": "1h" });

const verdict = (tab, word) => tab.shows("verdict", word);

test("signed out, a pasted token is judged without a request: fresh, then stale, and invalid with its code", async (t) => {
  const token = await world.demo.issuer.login();
  const tab = await openTab(await openProfile(world.browser, t), `${world.demo.url}/#inspector`);
  await verdict(tab, "No token");
  const asked = [];
  tab.page.on("request", (request) => asked.push(request.url()));

  await tab.at("inspected").fill(await world.demo.issuer.login());
  await verdict(tab, "Fresh");
  await tab.picture("demo-inspector-fresh");
  await verdict(tab, "Stale");
  assert.match(await tab.text("verdict-todo"), /Exchange it/);
  assert.match(await tab.text("inspected-header"), /"crit": \[/);
  assert.match(
    await tab.text("inspected-claims"),
    new RegExp(`"sid": "${claimsOf(await tab.at("inspected").inputValue()).sid}"`),
  );

  await tab.at("inspected").fill(`${token.slice(0, -6)}AAAAAA`);
  await verdict(tab, "Invalid");
  await tab.shows("verdict-code", /^bad-(signature|encoding)$/);
  assert.match(await tab.text("verdict-todo"), /Sign in again/);
  await tab.page.getByText("Read, and not believed").waitFor();
  await tab.picture("demo-inspector-invalid");

  await tab.at("inspected").fill("not a token");
  await tab.shows("verdict-code", /^malformed$/);
  await tab.at("inspected").fill("x".repeat(20_000));
  await tab.shows("verdict-code", /^too-long$/);

  assert.deepEqual(
    asked.filter((url) => !url.endsWith("/sw.js")),
    [],
  );
  assert.ok(await tab.fitsAPhone(), "nothing sticks out on a phone");
  assert.deepEqual(tab.errors, []);
});

test("signed in, the session's own token is one press away, and the way back keeps the session", async (t) => {
  const tab = await openTab(await openProfile(world.browser, t), world.demo.url);
  await tab.signIn();
  await tab.at("to-inspector").click();
  await tab.at("inspect-mine").click();
  await verdict(tab, /Fresh|Stale/);
  await tab.page.getByRole("link", { name: "Session", exact: true }).click();
  await tab.at("generation").waitFor();
  assert.deepEqual(tab.errors, []);
});
