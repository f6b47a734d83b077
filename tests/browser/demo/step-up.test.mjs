// A route that wants a recent password: the gate asks, the page asks the person, and what was wanted goes on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openProfile, openTab } from "../../harness/browser.mjs";
import { PASSWORD } from "../../harness/issuer.mjs";
import { withDemo } from "../../harness/page.mjs";

/** What the gate's policy says of the route, and a little more. */
const TOO_OLD_MS = 21_500;

const world = withDemo({ "access-ttl": "10m" });

test("right after the sign-in the codes are shown, and later only after the password", async (t) => {
  const tab = await openTab(await openProfile(world.browser, t), world.demo.url);
  await tab.signIn();
  const codes = tab.at("codes").locator("li:not(.masked)");
  await tab.at("sensitive").click();
  await codes.first().waitFor();

  await tab.page.waitForTimeout(TOO_OLD_MS);
  await tab.at("sensitive").click();
  await tab.at("step-up").waitFor();
  await tab.page.getByText(/insufficient_user_authentication.*max_age="20"/).waitFor();
  assert.equal(await codes.count(), 0);
  assert.ok(
    await tab.at("step-up-password").evaluate((input) => input === document.activeElement),
    "the dialog has the focus",
  );

  await tab.page.keyboard.press("Escape");
  await tab.at("sensitive-status").filter({ hasText: "Not shown" }).waitFor();

  await tab.at("sensitive").click();
  await tab.at("step-up-password").fill("worst-after");
  await tab.page.keyboard.press("Enter");
  await tab.at("step-up").getByRole("alert").filter({ hasText: "wrong" }).waitFor();
  await tab.picture("demo-step-up");
  await tab.at("step-up-password").fill(PASSWORD);
  await tab.page.keyboard.press("Enter");
  await codes.first().waitFor();
  assert.equal(await tab.at("step-up").count(), 0);
  await tab.picture("demo-codes");
  await tab.state("fresh");
  assert.deepEqual(tab.errors, []);
});
