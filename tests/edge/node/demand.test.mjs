// A password that the issuer demands, at the gate: asked for in the words of RFC 9470, and the cookie stays.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createGate } from "@shelflife/verifier/edge";
import { AUDIENCE, ISSUER, jwks, mintStale } from "../tokens.mjs";
import { COOKIE, NAVIGATION } from "../world.mjs";

const DEMAND = { error: "invalid_grant", error_description: "Please.", reason: "reauthentication_required" };

test("a demanded password is `insufficient_user_authentication`, and a page is led to prove it", async () => {
  const gate = createGate({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks,
    cache: false,
    policy: {
      routes: [{ path: "/sign-in", access: "public" }],
      otherwise: {},
      signIn: { url: "/sign-in" },
      cookie: {},
    },
    fetch: async () => Response.json(DEMAND, { status: 400 }),
  });
  const ask = (headers) =>
    gate.fetch(
      new Request("https://gate.test/x", { headers: { cookie: `${COOKIE}=${mintStale({ gen: 2 })}`, ...headers } }),
      () => assert.fail("nothing gets through"),
    );
  const call = await ask({});
  assert.equal(call.status, 401);
  assert.match(call.headers.get("www-authenticate"), /error="insufficient_user_authentication".*max_age="0"/);
  assert.deepEqual(await call.json(), { ...DEMAND, error: "insufficient_user_authentication" });
  const page = await ask(NAVIGATION);
  assert.equal(page.headers.get("location"), "/sign-in?return_to=%2Fx&reason=reauthentication_required&max_age=0");
  for (const answer of [call, page]) assert.equal(answer.headers.get("set-cookie"), null, "the session lives");
});
