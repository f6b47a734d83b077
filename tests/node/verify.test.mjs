// Tokens of the real issuer, judged in Node by the package.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AUDIENCE, claimsOf, startIssuer } from "../harness/issuer.mjs";
import { createVerifier, withoutNetwork } from "../harness/verifier.mjs";

let issuer;
let jwks;
let token;
let verifier;

before(async () => {
  issuer = await startIssuer({ "access-ttl": "15m", "refresh-ttl": "30d" });
  [jwks, token] = [await issuer.jwks(), await issuer.login()];
  verifier = await createVerifier({ issuer: issuer.url, audience: AUDIENCE, jwks });
});
after(() => issuer?.stop());

test("a token of the issuer is fresh, judged with pinned keys and without a request", async () => {
  const [verdict, asked] = await withoutNetwork(async () => {
    const own = await createVerifier({ issuer: issuer.url, audience: AUDIENCE, jwks });
    return own.verify(token);
  });
  assert.equal(asked, 0);
  assert.equal(verdict.state, "fresh");
  assert.deepEqual(verdict.claims, claimsOf(token));
  assert.ok(verdict.freshFor > 890 && verdict.freshFor <= 900, `freshFor ${verdict.freshFor}`);
});

test("keys can be pinned as text as well", async () => {
  const own = await createVerifier({ issuer: issuer.url, audience: AUDIENCE, jwks: JSON.stringify(jwks) });
  assert.equal(own.verify(token).state, "fresh");
});

test("the windows end at exactly bbf and exp", () => {
  const { iat, bbf, exp } = claimsOf(token);
  const at = (now) => {
    const { state, freshFor, exchangeableFor } = verifier.verify(token, { now });
    return [state, freshFor, exchangeableFor];
  };
  assert.deepEqual(at(iat), ["fresh", bbf - iat, exp - iat]);
  assert.deepEqual(at(bbf - 1), ["fresh", 1, exp - bbf + 1]);
  assert.deepEqual(at(bbf), ["stale", 0, exp - bbf]);
  assert.deepEqual(at(exp - 1), ["stale", 0, 1]);
  assert.deepEqual(at(exp), ["expired", 0, 0]);
  assert.deepEqual(at(exp + 1_000_000), ["expired", 0, 0]);
});

test("a token from further ahead than the clocks may differ is not yet valid, and worth another try", () => {
  const { iat } = claimsOf(token);
  assert.equal(verifier.verify(token, { now: iat - 60 }).state, "fresh");
  const early = verifier.verify(token, { now: iat - 61 });
  assert.deepEqual([early.state, early.code, early.action], ["invalid", "not-yet-valid", "retry-later"]);
});

test("an exchanged token is the next generation of the same session", async () => {
  const next = verifier.verify(await issuer.exchanged(await issuer.login()));
  assert.equal(next.state, "fresh");
  assert.equal(next.claims.gen, claimsOf(token).gen + 1);
});

test("without remember-me a token goes from fresh to expired", async () => {
  const short = await issuer.login({ remember_me: false });
  const { bbf, exp } = claimsOf(short);
  assert.equal(bbf, exp);
  assert.equal(verifier.verify(short, { now: bbf - 1 }).state, "fresh");
  assert.equal(verifier.verify(short, { now: bbf }).state, "expired");
});

test("what the caller requires is told apart from what the token lacks", () => {
  const scope = verifier.verify(token, { scope: "launch:rockets" });
  assert.deepEqual([scope.state, scope.code], ["invalid", "missing-scope"]);
  assert.equal(scope.claims.sub, claimsOf(token).sub, "a genuine token keeps its claims");
  const group = verifier.verify(token, { groups: ["astronauts"] });
  assert.deepEqual([group.state, group.code], ["invalid", "missing-group"]);
});

test("a token for another issuer or another audience is somebody's mistake in the configuration", async () => {
  const elsewhere = await createVerifier({ issuer: "https://other.example", audience: AUDIENCE, jwks });
  const wrongIssuer = elsewhere.verify(token);
  assert.deepEqual([wrongIssuer.code, wrongIssuer.action], ["wrong-issuer", "fix-config"]);
  const other = await createVerifier({ issuer: issuer.url, audience: "other", jwks });
  assert.equal(other.verify(token).code, "wrong-audience");
});

test("whatever is not a token gets a code and never an exception", () => {
  for (const [what, code] of [
    ["", "malformed"],
    ["not a token", "malformed"],
    ["a.b", "malformed"],
    ["a.b.c.d", "malformed"],
    ["!.!.!", "bad-encoding"],
    [`${token}=`, "bad-encoding"],
    ["x".repeat(8193), "too-long"],
    [`${"x".repeat(100_000_000)}`, "too-long"],
  ]) {
    const verdict = verifier.verify(what);
    assert.deepEqual([verdict.state, verdict.code], ["invalid", code], what.slice(0, 20));
  }
  for (const what of [undefined, null, 12, {}, []]) assert.equal(verifier.verify(what).state, "invalid");
  for (const what of ["\ud800.\udfff.\ud800", "\0.\0.\0", "😀.😀.😀"])
    assert.equal(verifier.verify(what).state, "invalid");
});

test("mistakes of the caller are TypeErrors at once", async () => {
  for (const now of [Number.NaN, -1, Date.now(), Number.POSITIVE_INFINITY, "1700000000", null]) {
    assert.throws(() => verifier.verify(token, { now }), TypeError, `now: ${String(now)}`);
  }
  const good = { issuer: issuer.url, audience: AUDIENCE, jwks };
  for (const bad of [
    undefined,
    {},
    { ...good, issuer: "" },
    { ...good, audience: undefined },
    { ...good, jwks: "not JSON" },
    { ...good, jwks: { keys: [] } },
    { ...good, jwks: { keys: [{ ...jwks.keys[0], d: jwks.keys[0].x }] } },
    { ...good, maxTokenBytes: -1 },
    { ...good, clockTolerance: "60" },
  ]) {
    await assert.rejects(async () => createVerifier(bad), TypeError, JSON.stringify(bad));
  }
});
