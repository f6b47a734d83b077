// Every code that `codes` promises can be met: in a vector, or here. What no token can show is what happens to the keys.
import assert from "node:assert/strict";
import { test } from "node:test";
import { codes, createVerifier } from "@shelflife/verifier";
import { readVectors } from "../runtimes/expect.mjs";

const vectors = readVectors();
const good = vectors.find(({ name }) => name === "good/plain");
const { issuer, audience, jwks } = good.options;
const DAY_MS = 24 * 60 * 60 * 1000;

/** What the issuer says and a verifier never does. */
const ELSEWHERE = ["binder-mismatch"];

/** A verifier whose issuer answers with each of these in turn, the last one for ever; and how often it was asked. */
async function verifierOf(...answers) {
  const asked = [];
  const fetcher = async (url, init) => {
    asked.push([String(url), init.redirect]);
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    if (answer instanceof Error) throw answer;
    return answer.clone();
  };
  const verifier = await createVerifier({ issuer, audience, fetch: fetcher });
  return { verifier, asked, judge: () => verifier.verify(good.token, good.call) };
}

function assertUnavailable({ state, code, action, detail, claims }, why) {
  assert.deepEqual([state, code, action, claims], ["invalid", "keys-unavailable", "retry-later", undefined]);
  assert.match(detail, why);
}

test("every code is met in a vector, or is one of those that are shown here", () => {
  const met = new Set(vectors.map(({ expected }) => expected.code));
  const others = Object.keys(codes).filter((code) => !met.has(code));
  assert.deepEqual(others.sort(), ["keys-unavailable", ...ELSEWHERE].sort());
});

for (const [name, answer, why] of [
  ["cannot be reached", new Error("getaddrinfo ENOTFOUND"), /jwks\.json could not be reached: getaddrinfo ENOTFOUND/],
  ["answers 503", new Response("down", { status: 503 }), /jwks\.json answered 503/],
  ["answers with a redirect", new Response(null, { status: 302 }), /jwks\.json answered 302/],
  ["answers with too much", new Response("x".repeat(65_537)), /more than 65536 bytes/],
  ["answers with a page", new Response("<!doctype html>"), /jwks\.json: is not a JSON object/],
  ["has an empty set", new Response('{"keys":[]}'), /jwks\.json: the key set has no Ed25519 key/],
  ["shows a private key", new Response(jwks.replace('"kty"', '"d":"AA","kty"')), /jwks\.json: .*private key/],
]) {
  test(`keys-unavailable: the issuer ${name}, which says nothing against the token`, async () => {
    const { judge, asked } = await verifierOf(answer);
    assertUnavailable(judge(), why);
    assert.deepEqual(asked, [[`${issuer}/.well-known/jwks.json`, "manual"]]);
  });
}

test("keys-unavailable: an answer without an end is given up at the limit", async () => {
  let sent = 0;
  const endless = new ReadableStream({
    pull(controller) {
      sent += 1024;
      controller.enqueue(new Uint8Array(1024).fill(32));
    },
  });
  const fetcher = async () => new Response(endless);
  const verifier = await createVerifier({ issuer, audience, fetch: fetcher });
  assertUnavailable(verifier.verify(good.token, good.call), /more than 65536 bytes/);
  assert.ok(sent < 80_000, `${sent} bytes were taken`);
});

test("keys-unavailable is over as soon as the keys come, and they are asked for once in half a minute", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { verifier, judge, asked } = await verifierOf(new Error("down"), new Response(jwks));
  assertUnavailable(judge(), /down/);
  t.mock.timers.tick(29_999);
  assert.equal(await verifier.refreshKeys(), false, "a failed attempt counts");
  assert.equal(asked.length, 1);
  t.mock.timers.tick(1);
  assert.equal(await verifier.refreshKeys(), true);
  assert.equal(judge().state, "fresh");
});

test("keys-unavailable: keys that could not be renewed for a day are used no longer", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { verifier, judge } = await verifierOf(new Response(jwks), new Error("down"), new Response(jwks));
  t.mock.timers.tick(DAY_MS);
  assert.equal(await verifier.refreshKeys(), false);
  assert.equal(judge().state, "fresh", "a day is allowed");
  t.mock.timers.tick(30_000);
  assertUnavailable(judge(), /too old: .*down/);
  assert.equal(await verifier.refreshKeys(), true);
  assert.equal(judge().state, "fresh");
});

test("a set that cannot be used does not take the place of one that can", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { verifier, judge } = await verifierOf(new Response(jwks), new Response('{"keys":[]}'));
  t.mock.timers.tick(30_000);
  assert.equal(await verifier.refreshKeys(), false);
  assert.equal(judge().state, "fresh");
});
