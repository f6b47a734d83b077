// Keys that are fetched from the issuer instead of pinned.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AUDIENCE, startIssuer } from "../harness/issuer.mjs";
import { createVerifier } from "../harness/verifier.mjs";

/** A `fetch` that counts. */
function counting() {
  const asked = [];
  const fetcher = (url, init) => {
    asked.push(String(url));
    return fetch(url, init);
  };
  return { asked, fetcher };
}

test("without pinned keys they are fetched once, and kept when the issuer is gone", async (t) => {
  const issuer = await startIssuer();
  t.after(() => issuer.stop());
  const { asked, fetcher } = counting();
  const verifier = await createVerifier({ issuer: issuer.url, audience: AUDIENCE, fetch: fetcher });
  assert.deepEqual(asked, [`${issuer.url}/.well-known/jwks.json`]);
  const token = await issuer.login();
  await issuer.stop();
  for (let time = 0; time < 100; time++) assert.equal(verifier.verify(token).state, "fresh");
  assert.equal(asked.length, 1);
});

test("an unknown key is worth at most one request in the cooldown", async (t) => {
  const [issuer, stranger] = await Promise.all([startIssuer(), startIssuer()]);
  t.after(() => Promise.all([issuer.stop(), stranger.stop()]));
  const { asked, fetcher } = counting();
  const verifier = await createVerifier({ issuer: issuer.url, audience: AUDIENCE, fetch: fetcher });
  const verdict = verifier.verify(await stranger.login());
  assert.deepEqual([verdict.state, verdict.code], ["invalid", "unknown-key"]);
  for (let time = 0; time < 5; time++) await verifier.refreshKeys();
  assert.ok(asked.length <= 2, `${asked.length} requests`);
});

test("an issuer that is down means keys-unavailable, never that the token is bad", async (t) => {
  const issuer = await startIssuer();
  t.after(() => issuer.stop());
  const token = await issuer.login();
  await issuer.stop();
  const verifier = await createVerifier({ issuer: issuer.url, audience: AUDIENCE });
  const verdict = verifier.verify(token);
  assert.deepEqual([verdict.state, verdict.code, verdict.action], ["invalid", "keys-unavailable", "retry-later"]);
  assert.equal(await verifier.refreshKeys(), false, "and the failed attempt counts for the cooldown");
});

test("pinned keys are never fetched again", async (t) => {
  const issuer = await startIssuer();
  t.after(() => issuer.stop());
  const { asked, fetcher } = counting();
  const jwks = await issuer.jwks();
  const verifier = await createVerifier({ issuer: issuer.url, audience: AUDIENCE, jwks, fetch: fetcher });
  assert.equal(await verifier.refreshKeys(), false);
  assert.equal(verifier.verify(await issuer.login()).state, "fresh");
  assert.equal(asked.length, 0);
});
