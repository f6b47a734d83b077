// Sessions that the issuer ended, at a gate that asks every second. `eventually` goes on asking for two intervals.
import assert from "node:assert/strict";
import { sleep } from "../../harness/process.mjs";
import { bearer, cookie, cookieSet, NAVIGATION, redirectOf } from "../world.mjs";

export const EVERY = 1;

const status = async ({ ask }, token) => (await ask("/api/x", bearer(token))).status;

/** Asks as pages do, several times a second, until the status is this one; two polling intervals and a bit at most. */
async function eventually(world, token, wanted) {
  const deadline = Date.now() + 2 * EVERY * 1000 + 400;
  for (;;) {
    const found = await status(world, token);
    if (found === wanted) return;
    if (Date.now() > deadline) assert.fail(`after two intervals it is still ${found}, not ${wanted}`);
    await sleep(100);
  }
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
        while (front.times("/revocations") === asked) {
          assert.deepEqual([await status(world, before), await status(world, during)], [401, 200]);
          await sleep(50);
        }
        await sleep(200);
        assert.deepEqual([await status(world, before), await status(world, during)], [401, 200]);
      }
      front.instead.clear();
      await eventually(world, during, 401);
    },
  ],
  [
    "the feed is asked once in an interval however many requests come, and none of them waits for it",
    async (world) => {
      const token = await world.issuer.login();
      await status(world, token);
      world.front.slow.set("/revocations", 800);
      const asked = world.front.times("/revocations");
      const [started, longest] = [Date.now(), { ms: 0 }];
      while (Date.now() - started < 2_500) {
        const before = performance.now();
        const found = await Promise.all(Array.from({ length: 5 }, () => status(world, token)));
        assert.deepEqual([...new Set(found)], [200]);
        longest.ms = Math.max(longest.ms, performance.now() - before);
        await sleep(20);
      }
      world.front.slow.clear();
      const times = world.front.times("/revocations") - asked;
      assert.ok(times >= 1 && times <= 4, `${times} questions in 2.5 s`);
      assert.ok(longest.ms < 700, `a request took ${longest.ms.toFixed(0)} ms`);
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
