// The exchange on the way, in a world where tokens go stale after six seconds. `stale` is a pile of stale tokens.
import assert from "node:assert/strict";
import { claimsOf } from "../../harness/issuer.mjs";
import { sleep } from "../../harness/process.mjs";
import { bearer, cookie, cookieSet, NAVIGATION, redirectOf } from "../world.mjs";

const visit = ({ ask }, token, more = {}, path = "/pages/x") => ask(path, { ...NAVIGATION, ...cookie(token), ...more });

/** A token of a session that is not remembered. */
const shortOf = ({ issuer }) => issuer.open({ sub: "short", remember_me: false });

export const exchanges = [
  [
    "two navigations at once with the same stale cookie both get their page, and the same successor",
    async (world) => {
      const { stale, front } = world;
      const token = stale.pop();
      const before = front.times("/oauth/token");
      const answers = await Promise.all([visit(world, token), visit(world, token)]);
      for (const answer of answers) {
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json().claims.gen, claimsOf(token).gen + 1);
        assert.match(answer.headers["server-timing"], /desc="exchanged"/);
        assert.match(answer.headers["cache-control"], /private.*no-store/);
      }
      const [one, other] = answers.map(cookieSet);
      assert.ok(one && one === other && claimsOf(one).sid === claimsOf(token).sid);
      assert.ok(!answers[0].text.includes(one), "behind the gate nobody sees it");
      assert.ok(front.times("/oauth/token") - before <= 2, "one request to the issuer each");
      assert.equal((await visit(world, one)).status, 200);
    },
  ],
  [
    "a form that is sent with a stale cookie arrives whole, and its answer keeps its own cookie beside the new one",
    async (world) => {
      const form = { ...cookie(world.stale.pop()), "sec-fetch-site": "same-origin" };
      const answer = await world.ask("/pages/x", form, "POST", "a=1&b=2");
      assert.deepEqual([answer.status, answer.json().body, typeof cookieSet(answer)], [200, "a=1&b=2", "string"]);
      const page = await visit(world, world.stale.pop(), {}, "/pages/cookies");
      assert.ok(cookieSet(page));
      assert.ok(page.headers["set-cookie"].some((line) => line.startsWith("theme=dark")));
    },
  ],
  [
    "a page that fails still hands over the new token",
    async (world) => {
      const answer = await visit(world, world.stale.pop(), {}, "/pages/fails");
      assert.equal(answer.status, 500);
      assert.ok(cookieSet(answer));
    },
  ],
  [
    "a stale token in a header is refused, because the page that sent it has to exchange it",
    async ({ ask, stale, front }) => {
      const before = front.times("/oauth/token");
      const answer = await ask("/api/me", bearer(stale.pop()));
      assert.deepEqual([answer.status, answer.json().reason], [401, "stale"]);
      assert.equal(front.times("/oauth/token"), before);
    },
  ],
  [
    "a prefetch renews nothing",
    async (world) => {
      const before = world.front.times("/oauth/token");
      const answer = await visit(world, world.stale.pop(), { "sec-purpose": "prefetch;prerender" });
      assert.deepEqual([answer.status, answer.json().reason, cookieSet(answer)], [503, "prefetch", undefined]);
      assert.equal(world.front.times("/oauth/token"), before);
    },
  ],
  [
    "while the issuer is down a stale cookie is 503 and stays, a fresh one opens, and afterwards all goes on",
    async (world) => {
      const { ask, front, issuer, stale } = world;
      const token = stale.pop();
      const fresh = await issuer.login();
      assert.equal((await visit(world, fresh)).status, 200);
      for (const [state, retryAfter] of [
        ["gone", "5"],
        ["busy", "7"],
      ]) {
        front.state = state;
        const page = await visit(world, token);
        assert.deepEqual([page.status, page.headers["retry-after"], cookieSet(page)], [503, retryAfter, undefined]);
        const call = await ask("/api/x", cookie(token));
        assert.deepEqual([call.status, call.json().reason, cookieSet(call)], [503, "issuer_unavailable", undefined]);
        assert.equal(call.headers["www-authenticate"], undefined);
      }
      const again = await ask("/api/x", bearer(await issuer.login()));
      front.state = "ok";
      assert.equal(again.status, 200, "judged with what is known");
      assert.equal((await visit(world, token)).status, 200);
    },
  ],
  [
    "a lost race clears nothing",
    async (world) => {
      const token = world.stale.pop();
      await world.issuer.exchanged(await world.issuer.exchanged(token));
      const answer = await visit(world, token);
      assert.deepEqual([answer.status, answer.headers["retry-after"], cookieSet(answer)], [503, "1", undefined]);
    },
  ],
  [
    "a session that was ended leads to the sign-in page with the reason, and its cookie goes",
    async (world) => {
      const token = world.stale.pop();
      await world.issuer.logout(await world.issuer.exchanged(token));
      const call = await world.ask("/api/x", cookie(token));
      assert.deepEqual([call.status, call.json().reason, cookieSet(call)], [401, "logged_out", null]);
      const page = await visit(world, token);
      assert.deepEqual([redirectOf(page).reason, cookieSet(page)], ["logged_out", null]);
    },
  ],
  [
    "a bound session is exchanged with its binder cookie, and without it the cookie stays",
    async (world) => {
      const { token, binder } = world.bound;
      const without = await visit(world, token);
      assert.deepEqual([redirectOf(without).reason, cookieSet(without)], ["binder_mismatch", undefined]);
      const answer = await world.ask("/pages/x", { ...NAVIGATION, cookie: `${cookie(token).cookie}; ${binder}` });
      assert.equal(answer.status, 200, answer.text);
      assert.ok(cookieSet(answer));
      assert.ok(!answer.text.includes(binder.split("=")[1]));
    },
  ],
  [
    "a session that is not remembered is renewed while it is still fresh, in the second half of its life",
    async (world) => {
      const [token, other] = [await shortOf(world), await shortOf(world)];
      const { iat, exp } = claimsOf(other);
      await sleep((exp - (exp - iat) / 2) * 1000 - Date.now() + 100);
      const answer = await visit(world, token);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(claimsOf(cookieSet(answer)).gen, claimsOf(token).gen + 1);
      assert.ok(!answer.headers["set-cookie"].some((line) => line.includes("Max-Age")), "it ends with the browser");

      const before = world.front.times("/oauth/token");
      world.front.state = "gone";
      for (let time = 0; time < 3; time++) {
        const still = await visit(world, other);
        assert.deepEqual([still.status, cookieSet(still)], [200, undefined], "there is time, so nobody waits for it");
      }
      world.front.state = "ok";
      assert.equal(world.front.times("/oauth/token"), before + 1, "and it is not tried again at once");
    },
  ],
  [
    "an expired cookie leads to the sign-in page and goes",
    async (world) => {
      await sleep(Math.max(0, world.expiring.exp * 1000 - Date.now() + 100));
      const answer = await visit(world, world.expiring.token);
      assert.deepEqual([redirectOf(answer).reason, cookieSet(answer)], ["expired", null]);
    },
  ],
];
