// The buttons that make trouble: each does it for real, and tells what came of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openProfile, openTab } from "../../harness/browser.mjs";
import { startDemo, withDemo } from "../../harness/page.mjs";
import { sleep } from "../../harness/process.mjs";

/** Nobody has to wait long for a theft to be told from a lost answer; too short for anything else on a slow machine. */
const SHORT_GRACE_S = 1;

const world = withDemo({ "access-ttl": "10m", "refresh-ttl": "1d", grace: "120s" });

async function signedIn(t, { url } = world.demo) {
  const context = await openProfile(world.browser, t);
  const tab = await openTab(context, url);
  await tab.signIn();
  return { context, tab, told: (text) => tab.at("story").getByText(text).first().waitFor() };
}

test("a lost answer is asked for again, and the very same token comes", async (t) => {
  const { tab, told } = await signedIn(t);
  const asked = [];
  tab.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await tab.at("lose-response").click();
  await told(/generation 2, byte for byte the token that was lost/);
  assert.equal(asked.filter((path) => path === "/oauth/token").length, 2);
  await tab.shows("generation", /^2$/);
  assert.equal(await tab.at("past").getByRole("listitem").count(), 2, "the timeline shows both tokens");
  await tab.state("fresh");
  await tab.picture("demo-lost-answer");
  assert.deepEqual(tab.errors, []);
});

test("a second tab exchanges at the same moment, and both hold the same token", async (t) => {
  const { context, tab, told } = await signedIn(t);
  const opened = context.waitForEvent("page");
  await tab.at("second-tab").click();
  const other = await opened;
  await told(/The other tab holds generation \d, the same as here/);
  await other
    .getByTestId("story")
    .getByText(/The other tab holds generation \d, the same as here/)
    .waitFor();
  const states = [tab.page, other].map((page) => page.getByTestId("state").getAttribute("data-state"));
  assert.deepEqual(await Promise.all(states), ["fresh", "fresh"]);
  const generation = await tab.text("generation");
  // One exchange, made twice; where the machine was slow, one after the other.
  assert.match(generation, /^[23]$/);
  assert.equal(await other.getByTestId("generation").textContent(), generation);
});

/** A token was stolen and exchanged, and its owner stays away for longer than the grace. */
async function stolen(t) {
  const impatient = await startDemo({ "access-ttl": "10m", grace: `${SHORT_GRACE_S}s` });
  t.after(() => impatient.stop());
  const { tab, told } = await signedIn(t, impatient);
  await tab.at("steal-token").click();
  await told(/The thief exchanged it: generation 2/);
  // As real time passes for the issuer, which counts whole seconds.
  const late = () => sleep((SHORT_GRACE_S + 1) * 1000);
  return { tab, told, late };
}

test("a thief whose token the issuer never saw: the owner goes on, and the thief's next exchange ends it for both", async (t) => {
  const { tab, told, late } = await stolen(t);
  await tab.picture("demo-theft-1");
  await late();
  await tab.at("come-back").click();
  await told(/you go on with generation 3. Generation 2 is displaced/);
  await tab.shows("generation", /^3$/);
  await tab.state("fresh");
  await tab.picture("demo-theft-late");
  await tab.at("thief-exchanges").click();
  await told(/showed the displaced generation. The issuer ended the session: reuse_detected/);
  await told(/At your next exchange you are out, too/);
  await tab.state("signed-out");
  await tab.shows("state", /two places/);
  assert.deepEqual(tab.errors, []);
});

test("a thief who used the token at the issuer: the owner's return ends it at once, and both are told why", async (t) => {
  const { tab, told, late } = await stolen(t);
  await tab.at("thief-uses").click();
  await told(/the issuer has seen the thief's token/);
  await late();
  await tab.at("come-back").click();
  await tab.state("signed-out");
  await told(/ended the session: reuse_detected/);
  await told(/The thief tried to go on and is out, too/);
  await tab.shows("state", /two places/);
  await tab.picture("demo-theft-2");
  assert.deepEqual(tab.errors, []);
});

test("an owner who comes back within the grace is given the thief's token, and both go on", async (t) => {
  const { tab, told } = await signedIn(t);
  await tab.at("steal-token").click();
  await tab.at("come-back").click();
  await told(/Within the grace: you were given generation 2 as well/);
  await told(/The thief exchanged it: generation 3/);
  await tab.state("fresh");
});

for (const [choice, word] of [
  ["fast", "fast"],
  ["slow", "slow"],
]) {
  test(`a clock that is an hour ${word} is seen through, across a reload too, and nobody is signed out`, async (t) => {
    const { tab, told } = await signedIn(t);
    await tab.at(`clock-${choice}`).check({ force: true });
    await told(new RegExp(`this clock is 1 hour ${word}`));
    await tab.state("fresh");
    assert.equal((await tab.callApi()).status, 200);
    await tab.picture(`demo-clock-${choice}`);
    await tab.page.reload();
    await tab.state("fresh");
    assert.ok(await tab.at(`clock-${choice}`).isChecked(), "the clock is still wrong");
    await tab.at("clock-right").check({ force: true });
    await told(/the device's clock is right/);
    await tab.state("fresh");
    assert.deepEqual(tab.errors, []);
  });
}
