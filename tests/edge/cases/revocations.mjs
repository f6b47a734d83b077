// Sessions that the issuer ended, at a gate that asks every second.
import assert from "node:assert/strict";
import { sleep, until } from "../../harness/process.mjs";
import { bearer, cookie, cookieSet, NAVIGATION, redirectOf } from "../world.mjs";

export const EVERY = 1;

const status = async ({ ask }, token) => (await ask("/api/x", bearer(token))).status;

/**
 * Asks as pages do, several times a second, until the status is this one. The intervals are counted by the gate's own questions and
 * not by a clock, which runs on while a slow machine stands: the first question from here on brings the news, and by the third
 * one at the latest it has to have been read.
 */
async function eventually(world, token, wanted) {
  const questions = () => world.front.times("/revocations");
  const before = questions();
  await until(async () => {
    const begun = questions() - before;
    const found = await status(world, token);
    assert.ok(found === wanted || begun < 3, `after two intervals it is still ${found}, not ${wanted}`);
    return found === wanted;
  }, `the status ${wanted}`);
}

async function fiveAtOnce(world, token) {
  const found = await Promise.all(Array.from({ length: 5 }, () => status(world, token)));
  assert.deepEqual([...new Set(found)], [200]);
}

export const revocations = [
  [
    "a session that was ended is refused within two intervals, and still when the issuer is gone; others go on",
    async (world) => {
      const { ask, issuer, front } = world;
      const [ended, other] = [await issuer.login(), await issuer.login()];
      assert.deepEqual([await status(world, ended), await status(world, other)], [200, 200]);
      await issuer.logout(ended);
      await eventually(world, ended, 401);
      const answer = await ask("/api/x", bearer(ended));
      assert.equal(answer.json().reason, "revoked");
      assert.match(answer.headers["www-authenticate"], /error="invalid_token"/);
      front.state = "gone";
      await sleep(2_500);
      assert.deepEqual([await status(world, ended), await status(world, other)], [401, 200]);
      const page = await ask("/pages/x", { ...NAVIGATION, ...cookie(ended) });
      assert.deepEqual([redirectOf(page).reason, cookieSet(page)], ["revoked", null]);
      front.state = "ok";
      assert.equal(await status(world, ended), 401);
    },
  ],
  [
    "a list that is cut short, forged, another issuer's or no list at all changes nothing, and the next good one counts",
    async (world) => {
      const { issuer, front } = world;
      const [before, during] = [await issuer.login(), await issuer.login()];
      await issuer.logout(before);
      await eventually(world, before, 401);
      const good = await (await fetch(`${front.url}/revocations`)).text();
      const [header, payload, signature] = good.split(".");
      await issuer.logout(during);
      for (const bad of [
        "",
        "not a list",
        good.slice(0, -9),
        [header, payload, `AAAA${signature.slice(4)}`].join("."),
        [header, Buffer.from('{"iss":"https://other.example","seq":99}').toString("base64url"), signature].join("."),
        "x".repeat(17 * 1_048_576),
      ]) {
        front.instead.set("/revocations", bad);
        const asked = front.times("/revocations");
        await until(async () => {
          assert.deepEqual([await status(world, before), await status(world, during)], [401, 200]);
          return front.times("/revocations") > asked;
        }, "the next question");
        await sleep(200);
        assert.deepEqual([await status(world, before), await status(world, during)], [401, 200]);
      }
      front.instead.clear();
      await eventually(world, during, 401);
    },
  ],
  [
    "the feed is asked once in an interval, however many requests come",
    async (world) => {
      const token = await world.issuer.login();
      await status(world, token);
      const asked = world.front.times("/revocations");
      const started = performance.now();
      const passed = () => (performance.now() - started) / 1000;
      while (passed() < 2.5 * EVERY) {
        await fiveAtOnce(world, token);
        await sleep(20);
      }
      // An interval is shortened by a fifth at most.
      const most = passed() / (0.8 * EVERY) + 1;
      const times = world.front.times("/revocations") - asked;
      assert.ok(times >= 1 && times <= most, `${times} questions in ${passed().toFixed(1)} s`);
    },
  ],
  [
    "no request waits for the feed",
    async (world) => {
      const token = await world.issuer.login();
      const asked = world.front.times("/revocations");
      // Far longer than five requests take, on any machine.
      world.front.slow.set("/revocations", 8_000);
      await until(async () => {
        await fiveAtOnce(world, token);
        return world.front.times("/revocations") > asked;
      }, "a question that takes its time");
      const before = performance.now();
      await fiveAtOnce(world, token);
      const took = performance.now() - before;
      world.front.slow.clear();
      assert.ok(took < 6_000, `five requests took ${took.toFixed(0)} ms`);
    },
  ],
];

export const shut = [
  [
    "a gate that shuts rather than guess is 503 while the list is outdated, and opens again by itself",
    async (world) => {
      const token = await world.issuer.login();
      assert.equal(await status(world, token), 200, "the first request waits for the first list");
      world.front.state = "gone";
      await sleep(3_200);
      const answer = await world.ask("/api/x", bearer(token));
      assert.deepEqual([answer.status, answer.json().reason], [503, "revocations-unavailable"]);
      assert.ok(Number(answer.headers["retry-after"]) > 0);
      assert.equal(answer.headers["www-authenticate"], undefined);
      assert.equal((await world.ask("/about")).status, 200);
      world.front.state = "ok";
      await eventually(world, token, 200);
    },
  ],
];
