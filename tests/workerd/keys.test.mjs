// Where the gate has its keys from, and what it says when it has none.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { startGate } from "../harness/gate.mjs";
import { startIssuer } from "../harness/issuer.mjs";
import { startOrigin } from "../harness/origin.mjs";

let origin;

before(async () => {
  origin = await startOrigin();
});
after(() => origin?.stop());

/** Stands where the issuer would, and counts who comes for keys: with pinned keys nobody may ever. */
async function startCounter() {
  let asked = 0;
  const server = createServer((request, response) => {
    if (request.url.includes("jwks")) asked += 1;
    response.writeHead(500).end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    asked: () => asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

test("with pinned keys tokens are judged while the issuer is gone, and it is never asked for keys", async (t) => {
  const counter = await startCounter();
  t.after(() => counter.stop());
  const issuer = await startIssuer({ issuer: counter.url });
  t.after(() => issuer.stop());
  const [jwks, token] = [await issuer.jwks(), await issuer.login()];
  await issuer.stop();
  const gate = await startGate({ issuer: counter.url, origin: origin.url, jwks });
  t.after(() => gate.stop());
  for (let time = 0; time < 5; time++) {
    assert.equal((await gate.get("/api/me", { authorization: `Bearer ${token}` })).status, 200);
  }
  const forged = await gate.get("/api/me", { authorization: `Bearer ${token.slice(0, -4)}AAAA` });
  assert.deepEqual([forged.status, forged.json().reason], [401, "bad-signature"]);
  assert.equal(counter.asked(), 0);
});

test("without pinned keys they come from the issuer, and are kept when it goes", async (t) => {
  const issuer = await startIssuer();
  t.after(() => issuer.stop());
  const gate = await startGate({ issuer: issuer.url, origin: origin.url });
  t.after(() => gate.stop());
  const authorization = `Bearer ${await issuer.login()}`;
  assert.equal((await gate.get("/api/me", { authorization })).status, 200);
  await issuer.stop();
  assert.equal((await gate.get("/api/me", { authorization })).status, 200);
});

test("keys that cannot be had are a 503 with a time to come back, and nobody is signed out", async (t) => {
  const issuer = await startIssuer();
  t.after(() => issuer.stop());
  const authorization = `Bearer ${await issuer.login()}`;
  await issuer.stop();
  const gate = await startGate({ issuer: issuer.url, origin: origin.url });
  t.after(() => gate.stop());
  const before = origin.requests.length;
  const answer = await gate.get("/api/me", { authorization });
  assert.equal(answer.status, 503);
  assert.equal(answer.json().reason, "keys-unavailable");
  assert.ok(Number(answer.headers["retry-after"]) > 0);
  assert.equal(answer.headers["www-authenticate"], undefined);
  assert.equal(origin.requests.length, before);
  assert.equal((await gate.get("/about")).status, 200, "what is public stays open");
});

test("many requests at once on a cold gate with fetched keys are all answered", async (t) => {
  const issuer = await startIssuer();
  t.after(() => issuer.stop());
  const gate = await startGate({ issuer: issuer.url, origin: origin.url });
  t.after(() => gate.stop());
  const authorization = `Bearer ${await issuer.login()}`;
  const answers = await Promise.all(Array.from({ length: 50 }, () => gate.get("/api/me", { authorization })));
  assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [200]);
});
