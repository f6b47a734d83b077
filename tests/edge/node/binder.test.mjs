// Which binder cookie goes along with an exchange: the one of the token's session, by its name, byte for byte.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createGate } from "@shelflife/verifier/edge";
import { AUDIENCE, ISSUER, jwks, mint, mintStale } from "../tokens.mjs";
import { COOKIE } from "../world.mjs";

const ONE = "AbCdEf-_0123456789abcd";
const OTHER = "ZbCdEf-_0123456789abcd";
const NAME = "__Host-shelflife-binder";
const own = (sid) => `${NAME}-${sid.slice(0, 12)}`;
const bound = { cnf: { bnd: "hash" } };

/** The cookie that the issuer is shown when a stale token comes with these cookies; null when it is shown none. */
async function shown(cookies, claims = bound) {
  const seen = [];
  const gate = createGate({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks,
    cache: false,
    policy: { routes: [], otherwise: {}, cookie: {} },
    fetch: async (_, { headers }) => {
      seen.push(headers.get("cookie"));
      return Response.json({ access_token: mint({ sid: ONE, gen: 3, ...claims }) });
    },
  });
  const cookie = [`${COOKIE}=${mintStale({ sid: ONE, gen: 2, ...claims })}`, ...cookies].join("; ");
  let behind;
  const answer = await gate.fetch(new Request("https://gate.test/", { headers: { cookie } }), (request) => {
    behind = request.headers.get("cookie");
    return new Response();
  });
  assert.deepEqual([answer.status, seen.length], [200, 1]);
  return { shown: seen[0], behind };
}

test("of two sessions in one browser each is exchanged with its own binder", async () => {
  const cookies = [`${own(OTHER)}=other`, `${own(ONE)}=one`];
  for (const order of [cookies, cookies.toReversed()]) {
    assert.equal((await shown(order)).shown, `${own(ONE)}=one`);
  }
  assert.equal((await shown([`${own(OTHER)}=other`])).shown, null, "the other session's secret stays here");
  assert.equal((await shown(cookies, {})).shown, null, "a session that is not bound shows none");
});

test("the name without a session counts only where the other one is absent", async () => {
  assert.equal((await shown([`${NAME}=old`, `${own(OTHER)}=other`])).shown, `${NAME}=old`);
  assert.equal((await shown([`${NAME}=old`, `${own(ONE)}=one`])).shown, `${own(ONE)}=one`);
  assert.equal((await shown([`${own(ONE)}=1`, `${own(ONE)}=2`, `${NAME}=old`])).shown, null, "two of a name are none");
  assert.equal((await shown([`${NAME}=1`, `${NAME}=2`])).shown, null);
});

test("a name is compared byte for byte, and only spaces and tabs around it do not count", async () => {
  for (const name of [
    own(ONE).toLowerCase(),
    `${own(ONE)}x`,
    `${NAME}-`,
    `\u00a0${own(ONE)}`,
    `${own(ONE)}\u00a0`,
    `\u0085${own(ONE)}`,
    `\u000c${own(ONE)}`,
    // U+2000, U+3000 and U+FEFF as their bytes arrive.
    `\u00e2\u0080\u0080${own(ONE)}`,
    `\u00e3\u0080\u0080${own(ONE)}`,
    `\u00ef\u00bb\u00bf${own(ONE)}`,
  ]) {
    assert.equal((await shown([`${name}=x`])).shown, null, JSON.stringify(name));
  }
  assert.equal((await shown([` \t${own(ONE)} \t=x`])).shown, `${own(ONE)}=x`);
});

test("neither binders of any session nor the mark of a known device arrive behind the gate", async () => {
  const { behind } = await shown([
    `${NAME}=0`,
    `${own(ONE)}=1`,
    "a=1",
    `${own(OTHER)}=2`,
    "__Host-shelflife-device=3",
    "__Host-shelflife-device-of-ann=4",
    "b=__Host-shelflife-binder",
  ]);
  assert.equal(behind, "a=1; b=__Host-shelflife-binder");
});
