// Lists of revocations from the real issuer, and what a verifier makes of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AUDIENCE, claimsOf, startIssuer } from "../harness/issuer.mjs";
import { createVerifier } from "../harness/verifier.mjs";

const list = async (issuer, query = "") => (await fetch(`${issuer.url}/revocations${query}`)).text();

async function world(t, revocations) {
  const issuer = await startIssuer();
  t.after(() => issuer.stop());
  const jwks = await issuer.jwks();
  const verifier = await createVerifier({ issuer: issuer.url, audience: AUDIENCE, jwks, revocations });
  return { issuer, verifier, jwks };
}

test("a session that was ended is revoked by the next list, and stays so when the issuer is gone", async (t) => {
  const { issuer, verifier } = await world(t);
  const [ended, alive] = [await issuer.login(), await issuer.login()];
  assert.equal(verifier.revocations, undefined);
  const first = verifier.updateRevocations(await list(issuer));
  assert.deepEqual([first.ok, first.entries], [true, 0]);
  assert.equal(verifier.verify(ended).state, "fresh");
  await issuer.logout(ended);
  const next = verifier.updateRevocations(await list(issuer, `?since=${first.seq}`));
  assert.equal(next.ok && next.entries, 1);
  assert.ok(next.seq > first.seq);
  assert.deepEqual({ ...verifier.revocations, issuedAt: 0 }, { seq: next.seq, issuedAt: 0, entries: 1 });
  await issuer.stop();
  // Remembered or not.
  for (let time = 0; time < 3; time++) {
    const verdict = verifier.verify(ended, { scope: "not-granted" });
    assert.deepEqual([verdict.code, verdict.action, verdict.claims.sid], ["revoked", "login", claimsOf(ended).sid]);
    assert.equal(verifier.verify(alive).state, "fresh");
  }
  const { bbf } = claimsOf(ended);
  assert.equal(verifier.verify(ended, { now: bbf }).state, "stale", "a stale token opens nothing anyway");
});

test("a bad list is refused with a code and the last good one stays", async (t) => {
  const { issuer, verifier } = await world(t);
  const [other, token] = [await startIssuer(), await issuer.login()];
  t.after(() => other.stop());
  const before = await list(issuer);
  await issuer.logout(token);
  const good = await list(issuer);
  const known = verifier.updateRevocations(good);
  assert.equal(known.ok, true);
  const [header, payload, signature] = good.split(".");
  const forged = Buffer.from(JSON.stringify({ ...claimsOf(good), sessions: [] })).toString("base64url");
  const bad = {
    "": "malformed",
    "a.b": "malformed",
    [good.slice(0, -300)]: "malformed",
    ["é".repeat(40)]: "malformed",
    [token]: "wrong-type",
    [`${header}.${forged}.${signature}`]: "bad-signature",
    [`${header}.${payload}.${"A".repeat(86)}`]: "bad-signature",
    [await list(other)]: "unknown-key",
    [before]: "going-back",
    ["a".repeat(16 * 1024 * 1024 + 1)]: "too-long",
  };
  for (const [text, code] of Object.entries(bad)) {
    const refused = verifier.updateRevocations(text);
    assert.deepEqual([refused.ok, refused.code], [false, code], text.slice(0, 60));
    assert.equal(typeof refused.detail, "string");
    assert.equal(verifier.verify(token).code, "revoked");
    assert.equal(verifier.revocations.seq, known.seq);
  }
  const later = Math.floor(Date.now() / 1000) + 301;
  assert.equal(verifier.updateRevocations(good, { now: later }).code, "too-old");
  assert.equal(verifier.updateRevocations(good, { now: later - 1000 }).code, "not-yet-valid");
  for (const mistake of [undefined, null, 7, {}, Buffer.from(good)]) {
    assert.throws(() => verifier.updateRevocations(mistake), TypeError);
  }
});

test("told to shut, it opens only with a list that is recent enough", async (t) => {
  const { issuer, verifier } = await world(t, { maxAge: 60, whenOutdated: "shut" });
  const token = await issuer.login();
  const verdict = verifier.verify(token);
  assert.deepEqual([verdict.code, verdict.action], ["revocations-unavailable", "retry-later"]);
  assert.equal(verifier.updateRevocations(await list(issuer)).ok, true);
  assert.equal(verifier.verify(token).state, "fresh");
  const later = verifier.revocations.issuedAt + 61;
  assert.equal(verifier.verify(token, { now: later }).code, "revocations-unavailable");
});

test("mistakes in the options are said at once", async () => {
  const options = { issuer: "https://id.example", audience: AUDIENCE, jwks: "{}" };
  for (const revocations of [null, 7, { maxAge: -1 }, { maxAge: 0.5 }, { whenOutdated: "ajar" }, { maxBytes: 0 }]) {
    await assert.rejects(createVerifier({ ...options, revocations }), TypeError);
  }
});

test("fetched keys that are fetched again forget no revocation", async (t) => {
  const issuer = await startIssuer();
  t.after(() => issuer.stop());
  const token = await issuer.login();
  await issuer.logout(token);
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const verifier = await createVerifier({ issuer: issuer.url, audience: AUDIENCE });
  verifier.updateRevocations(await list(issuer));
  t.mock.timers.tick(31_000);
  assert.equal(await verifier.refreshKeys(), true);
  assert.equal(verifier.verify(token).code, "revoked");
});
