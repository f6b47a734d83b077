// What the gate tells decides, at the real issuer, what an exchange that is repeated late is taken for.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { claimsOf } from "../../harness/issuer.mjs";
import { until } from "../../harness/process.mjs";
import { inNode } from "../servers/start.mjs";
import { cookie, cookieSet, NAVIGATION, startWorld } from "../world.mjs";

let world;

before(async () => {
  world = await startWorld(inNode, { "access-ttl": "10m", grace: "0s" });
});
after(() => world?.stop());

/** Grace is none here, but times are whole seconds. */
async function later(token) {
  const { iat } = claimsOf(token);
  await until(() => Date.now() > (iat + 2) * 1000, "two seconds after the exchange");
}

const refusal = async (token) => {
  const answer = await world.issuer.exchange(token);
  return [answer.status, (await answer.json()).reason];
};

test("a successor that no browser brought counts as lost: the owner of the old token goes on, the other one ends both", async () => {
  const first = await world.issuer.login();
  const lost = await world.issuer.exchanged(first);
  await later(lost);
  const next = await world.issuer.exchanged(first);
  assert.equal(claimsOf(next).gen, claimsOf(lost).gen + 1);
  assert.equal((await world.ask("/pages/x", cookie(next))).status, 200);
  assert.deepEqual(await refusal(lost), [400, "reuse_detected"], "it was displaced");
  assert.deepEqual(await refusal(next), [400, "reuse_detected"]);
});

test("a successor that a browser brought to the gate has arrived: the old token is reuse from then on", async () => {
  const first = await world.issuer.login();
  const second = await world.issuer.exchanged(first);
  const told = world.front.times("/sessions/seen");
  assert.equal((await world.ask("/pages/x", cookie(second))).status, 200);
  await until(() => world.front.answered("/sessions/seen") > told, "the report at the issuer");
  await later(second);
  assert.deepEqual(await refusal(first), [400, "reuse_detected"]);
  assert.deepEqual(await refusal(second), [400, "reuse_detected"]);
});

test("two bound sessions of one browser are exchanged at the gate, each with its own binder", async () => {
  const short = await startWorld(inNode, { "access-ttl": "6s", "refresh-ttl": "10m" });
  try {
    const sessions = [await short.issuer.loginBound(), await short.issuer.loginBound()];
    assert.notEqual(sessions[0].binder.split("=")[0], sessions[1].binder.split("=")[0], "each has a name of its own");
    const binders = sessions.map(({ binder }) => binder).join("; ");
    await until(
      () => Date.now() / 1000 > Math.max(...sessions.map(({ token }) => claimsOf(token).bbf)),
      "stale tokens",
    );
    for (const { token } of sessions) {
      const answer = await short.ask("/pages/x", { ...NAVIGATION, ...cookie(token, `; ${binders}`) });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(claimsOf(cookieSet(answer)).sid, claimsOf(token).sid);
    }
  } finally {
    await short.stop();
  }
});
