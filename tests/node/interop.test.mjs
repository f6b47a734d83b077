// Other libraries and our tokens: one that knows nothing of `bbf` must refuse them, because it would honour `exp` alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify } from "jose";
import { AUDIENCE, claimsOf, startIssuer } from "../harness/issuer.mjs";

let issuer;
let keys;
let token;

before(async () => {
  issuer = await startIssuer();
  [keys, token] = [createLocalJWKSet(await issuer.jwks()), await issuer.login()];
});
after(() => issuer?.stop());

test("jose refuses a token as it stands, because of bbf", async () => {
  await assert.rejects(jwtVerify(token, keys), (error) => {
    assert.ok(error instanceof errors.JOSENotSupported, error.code);
    assert.match(error.message, /bbf/);
    return true;
  });
});

test("jose accepts it when told that bbf is understood, and checks issuer, audience and type", async () => {
  const told = { crit: { bbf: true }, issuer: issuer.url, audience: AUDIENCE, typ: "bbf+jwt", algorithms: ["Ed25519"] };
  const { payload, protectedHeader } = await jwtVerify(token, keys, told);
  assert.deepEqual(payload, claimsOf(token));
  assert.equal(protectedHeader.bbf, payload.bbf, "whoever says to understand bbf finds it in the header");
});

test("jose finds the key of a token at the issuer's address", async () => {
  const remote = createRemoteJWKSet(new URL(`${issuer.url}/.well-known/jwks.json`));
  const { payload } = await jwtVerify(token, remote, { crit: { bbf: true } });
  assert.equal(payload.iss, issuer.url);
});

test("jose refuses a token in which one character was changed", async () => {
  const forged = token.slice(0, -10) + (token.at(-10) === "A" ? "B" : "A") + token.slice(-9);
  await assert.rejects(jwtVerify(forged, keys, { crit: { bbf: true } }), errors.JWSSignatureVerificationFailed);
});
