// The gate in workerd, between tokens of the real issuer and an origin that remembers what reached it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startGate } from "../harness/gate.mjs";
import { claimsOf, startIssuer } from "../harness/issuer.mjs";
import { startOrigin } from "../harness/origin.mjs";
import { sleep } from "../harness/process.mjs";

let issuer;
let origin;
let gate;

before(async () => {
  issuer = await startIssuer({ "access-ttl": "6s", "refresh-ttl": "14s" });
  origin = await startOrigin();
  gate = await startGate({ issuer: issuer.url, origin: origin.url, jwks: await issuer.jwks() });
});
after(async () => {
  for (const part of [gate, origin, issuer]) await part?.stop();
});

const call = (token, path = "/api/me") =>
  gate.get(path, token === undefined ? {} : { authorization: `Bearer ${token}` });

/** A refusal the gate gave by itself: the origin saw nothing of it. */
async function assertRefused(token, { reason, challenge }) {
  const before = origin.requests.length;
  const answer = await call(token);
  assert.equal(answer.status, 401);
  assert.equal(answer.json().reason, reason);
  assert.match(answer.headers["www-authenticate"], challenge);
  assert.match(answer.headers["cache-control"] ?? "", /no-store/);
  assert.equal(origin.requests.length, before, "nothing reaches the origin");
}

test("without a token the gate asks for one and says nothing more", async () => {
  await assertRefused(undefined, { reason: "missing", challenge: /^Bearer realm="shelflife"$/ });
});

test("a fresh token opens the API, and the origin is told who it is but never gets the token", async () => {
  const token = await issuer.login();
  const answer = await call(token);
  assert.equal(answer.status, 200, answer.text);
  const claims = claimsOf(token);
  const { headers } = answer.json();
  assert.equal(decodeURIComponent(headers["x-shelflife-sub"]), claims.sub);
  assert.equal(headers["x-shelflife-sid"], claims.sid);
  assert.equal(headers["x-shelflife-gen"], String(claims.gen));
  assert.equal(headers.authorization, undefined);
  assert.ok(!answer.text.includes(token));
});

test("a token is refused as stale, opens again once exchanged, and is refused as expired in the end", async () => {
  const token = await issuer.login();
  const { bbf, exp } = claimsOf(token);
  await sleep(bbf * 1000 - Date.now() + 100);
  await assertRefused(token, {
    reason: "stale",
    challenge: /error="invalid_token", error_description="[^"]*best-before/,
  });

  const next = await issuer.exchanged(token);
  assert.equal((await call(next)).status, 200);

  await sleep(exp * 1000 - Date.now() + 100);
  await assertRefused(token, {
    reason: "expired",
    challenge: /error="invalid_token", error_description="[^"]*expired/,
  });
});

test("what is not a genuine token is refused with the code of what is wrong with it", async () => {
  const token = await issuer.login();
  const stranger = await startIssuer();
  const foreign = await stranger.login();
  await stranger.stop();
  const [header, claims, signature] = token.split(".");
  for (const [forged, reason] of [
    [`${header}.${claims}.${signature.slice(0, -4)}AAAA`, "bad-signature"],
    [`${header}.${claims}`, "malformed"],
    ["x".repeat(9000), "too-long"],
    [foreign, "unknown-key"],
  ]) {
    await assertRefused(forged, {
      reason,
      challenge: /^Bearer realm="shelflife", error="invalid_token", error_description="[^"]+"/,
    });
  }
});

test("two tokens, half a header or another scheme are no token", async () => {
  const token = await issuer.login();
  for (const authorization of [
    `Bearer ${token}, Bearer ${token}`,
    [`Bearer ${token}`, `Bearer ${token}`],
    `Bearer ${token} x`,
    "Bearer",
    `Basic ${token}`,
    token,
  ]) {
    const answer = await gate.get("/api/me", { authorization });
    assert.equal(answer.status, 401, String(authorization).slice(0, 20));
    assert.ok(answer.headers["www-authenticate"]);
  }
});

test("everything outside the API is public, and the origin is told nobody", async () => {
  const answer = await gate.get("/index.html?a=%20b");
  assert.equal(answer.status, 200);
  assert.equal(answer.json().url, "/index.html?a=%20b");
  assert.deepEqual(
    Object.keys(answer.json().headers).filter((name) => name.startsWith("x-shelflife")),
    [],
  );
});

test("method and body reach the origin as they were sent", async () => {
  const token = await issuer.login();
  const answer = await fetch(`${gate.url}/api/notes`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "text/plain" },
    body: "a note",
  });
  const { method, body, headers } = await answer.json();
  assert.deepEqual([method, body, headers["content-type"]], ["POST", "a note", "text/plain"]);
});

test("an origin that is down is the gate's trouble and not the token's", async (t) => {
  const gone = await startOrigin();
  await gone.stop();
  const alone = await startGate({ issuer: issuer.url, origin: gone.url, jwks: await issuer.jwks() });
  t.after(() => alone.stop());
  const answer = await alone.get("/api/me", { authorization: `Bearer ${await issuer.login()}` });
  assert.equal(answer.status, 502);
});
