// The gate in cookie mode tells the issuer which generations arrived: once each, behind the answer, and without needing it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createGate } from "@shelflife/verifier/edge";
import { AUDIENCE, ISSUER, jwks, mint, mintStale } from "../tokens.mjs";
import { COOKIE } from "../world.mjs";

const SEEN = `${ISSUER}/sessions/seen`;
const noContent = async () => new Response(null, { status: 204 });

/** A gate with a route of each kind, an issuer that is `answer`, and what was asked of it. */
function gateWith(answer = noContent, cookie = {}) {
  const asked = [];
  const gate = createGate({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks,
    cache: false,
    policy: {
      routes: [
        { path: "/admins/*", access: { groups: ["admins"] } },
        { path: "/about", access: "public" },
      ],
      otherwise: {},
      ...(cookie && { cookie }),
    },
    fetch: (url, init) => {
      asked.push({ url, method: init.method, token: init.headers?.authorization?.slice("Bearer ".length) });
      return answer(url, init);
    },
  });
  const ask = async (headers, path = "/", context = undefined) => {
    const answer = await gate.fetch(
      new Request(`https://gate.test${path}`, { headers }),
      () => new Response("in"),
      context,
    );
    return answer.status;
  };
  return {
    ask,
    visit: (token, ...more) => ask({ cookie: `${COOKIE}=${token}` }, ...more),
    asked,
    told: () => asked.filter(({ url }) => url === SEEN).map(({ token }) => token),
  };
}

test("a generation that an exchange made is told once, and so is the next one", async () => {
  const { ask, visit, asked, told } = gateWith();
  const [first, second, third] = [1, 2, 3].map((gen) => mint({ gen }));
  assert.equal(await visit(first), 200);
  assert.deepEqual(asked, [], "no exchange made the first one");
  assert.deepEqual(await Promise.all([visit(second), visit(second), visit(second)]), [200, 200, 200]);
  assert.equal(await visit(second), 200);
  assert.deepEqual(asked, [{ url: SEEN, method: "POST", token: second }]);
  assert.equal(await visit(third), 200);
  assert.equal(await visit(second), 200, "a slow request with the cookie of before");
  const other = mint({ sid: "another", gen: 2 });
  assert.equal(await visit(other), 200);
  assert.deepEqual(told(), [second, third, other]);
  assert.equal(await ask({ authorization: `Bearer ${mint({ gen: 4 })}` }), 200);
  assert.equal(told().length, 3, "what a page holds, the page tells");
});

test("what is not let in for lack of a group has arrived all the same; what is public, forged or stale tells nothing", async () => {
  const { visit, told, asked } = gateWith(async () => Response.json({ error: "x" }, { status: 503 }));
  const token = mint({ gen: 2 });
  const forged = `${token.slice(0, -4)}AAAA`;
  assert.deepEqual([await visit(token, "/about"), await visit(forged), told()], [200, 401, []]);
  assert.equal(await visit(mintStale({ gen: 2 })), 503);
  assert.deepEqual(
    asked.map(({ url }) => url),
    [`${ISSUER}/oauth/token`],
    "an exchange shows the token by itself",
  );
  assert.equal(await visit(token, "/admins/x"), 403);
  assert.deepEqual(told(), [token]);
});

test("no answer waits for it: an issuer that never answers is left to `waitUntil`", async () => {
  const { visit, told } = gateWith(() => new Promise(() => {}));
  const work = [];
  // A gate that waited for it would hang here.
  assert.equal(await visit(mint({ gen: 2 }), "/", { waitUntil: (promise) => work.push(promise) }), 200);
  assert.deepEqual([work.length, told().length], [1, 1]);
  assert.equal(await Promise.race([work[0], "still waiting"]), "still waiting");
  assert.equal(await visit(mint({ gen: 3 })), 200, "where the runtime has no `waitUntil`, neither");
});

for (const [words, answer] of [
  ["cannot be reached", async () => Promise.reject(new TypeError("fetch failed"))],
  [
    "cannot even be asked",
    () => {
      throw new TypeError("no such binding");
    },
  ],
  ["fails", async () => new Response("no", { status: 500 })],
  ["does not know that call", async () => new Response("{}", { status: 404 })],
]) {
  test(`an issuer that ${words} changes nothing, fills no log, and is not asked again for it`, async (t) => {
    const log = t.mock.method(console, "error", () => {});
    const { visit, told } = gateWith(answer);
    const work = [];
    for (let time = 0; time < 3; time++) {
      assert.equal(await visit(mint({ gen: 2 }), "/", { waitUntil: (promise) => work.push(promise) }), 200);
    }
    await Promise.all(work);
    assert.deepEqual([told().length, log.mock.callCount()], [1, 0]);
  });
}

test("a gate that exchanges nothing tells nothing", async () => {
  for (const cookie of [{ exchange: false }, undefined]) {
    const { ask, asked } = gateWith(noContent, cookie ?? null);
    const token = mint({ gen: 2 });
    await ask({ cookie: `${COOKIE}=${token}` });
    assert.equal(await ask({ authorization: `Bearer ${token}` }), 200);
    assert.deepEqual(asked, []);
  }
});

test("what is remembered is bounded: the session that came first is forgotten, and told again", async () => {
  const { visit, told } = gateWith();
  const tokens = Array.from({ length: 4097 }, (_, at) => mint({ sid: `session-${at}`, gen: 2 }));
  for (const token of tokens) await visit(token);
  assert.equal(told().length, tokens.length);
  await visit(tokens.at(-1));
  await visit(tokens[1]);
  assert.equal(told().length, tokens.length, "these are remembered");
  await visit(tokens[0]);
  assert.equal(told().at(-1), tokens[0]);
  assert.equal(told().length, tokens.length + 1);
});
