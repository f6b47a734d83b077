// Nobody but the gate tells the origin who is asking, and no spelling of a path gets around it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startGate } from "../harness/gate.mjs";
import { claimsOf, startIssuer } from "../harness/issuer.mjs";
import { startOrigin } from "../harness/origin.mjs";

let issuer;
let origin;
let gate;
let token;

before(async () => {
  issuer = await startIssuer({ "access-ttl": "15m" });
  origin = await startOrigin();
  gate = await startGate({ issuer: issuer.url, origin: origin.url, jwks: await issuer.jwks() });
  token = await issuer.login();
});
after(async () => {
  for (const part of [gate, origin, issuer]) await part?.stop();
});

const SPOOFED = {
  "x-shelflife-sub": "admin",
  "X-Shelflife-Groups": "admins",
  "X-SHELFLIFE-SID": "0",
  x_shelflife_sub: "admin",
  "X_Shelflife-Scope": "everything",
  "x-shelflife_client_id": "spoof",
  "x-shelflife-anything-new": "spoof",
};

function identityOf(seen) {
  return Object.entries(seen.headers).filter(([name]) => /^x[-_]shelflife/i.test(name));
}

test("identity headers of the caller never arrive on a public route", async () => {
  const answer = await gate.get("/about", SPOOFED);
  assert.equal(answer.status, 200);
  assert.deepEqual(identityOf(answer.json()), []);
});

test("identity headers of the caller never arrive on a protected route", async () => {
  const answer = await gate.get("/api/me", { ...SPOOFED, authorization: `Bearer ${token}` });
  assert.equal(answer.status, 200);
  const arrived = identityOf(answer.json());
  assert.equal(Object.fromEntries(arrived)["x-shelflife-sub"], encodeURIComponent(claimsOf(token).sub));
  assert.deepEqual(
    arrived.filter(([name]) => name.includes("_") || name.includes("anything")),
    [],
  );
  for (const value of ["admin", "admins", "spoof", "everything"]) {
    assert.ok(!arrived.some(([, text]) => text === value), `${value} arrived`);
  }
});

test("a session token never arrives at the origin, and other credentials do on public routes", async () => {
  const seen = async (authorization) => (await gate.get("/about", { authorization })).json().headers.authorization;
  assert.equal(await seen(`Bearer ${token}`), undefined);
  assert.equal(await seen(`bearer  ${token}`), undefined);
  assert.equal(await seen("Basic dXNlcjpwYXNz"), "Basic dXNlcjpwYXNz");
  assert.equal(await seen("Bearer opaque"), "Bearer opaque");
  const [header, ...rest] = token.split(".");
  const other = [Buffer.from('{"alg":"EdDSA","typ":"at+jwt"}').toString("base64url"), ...rest].join(".");
  assert.equal(await seen(`Bearer ${other}`), `Bearer ${other}`);
  assert.ok(header !== other.split(".")[0]);
});

test("no spelling of a protected path reaches the origin without a token", async () => {
  for (const path of [
    "/api",
    "/api/",
    "/api/me",
    "/API/me",
    "/%61pi/me",
    "/%61%70%69/me",
    "/%2561pi/me",
    "//api/me",
    "/./api/me",
    "/x/../api/me",
    "/x/%2e%2e/api/me",
    "/x/..%2fapi/me",
    "/x/%252e%252e/api/me",
    "/api;v=1/me",
    "/;/api/me",
    "/api%2fme",
    "/api%2Fme",
    "\\api\\me",
    "/\\api/me",
    "/%5capi/me",
    "/api%00/me",
    "/%00/api/me",
    "/api%20/me",
    "/%c1%a1pi/me",
    "/api/me?x=/public",
    "/api/me#/public",
  ]) {
    const before = origin.requests.length;
    const answer = await gate.get(path).catch((error) => ({ status: error.code }));
    assert.ok([400, 401, 404].includes(answer.status), `${path}: ${answer.status}`);
    assert.equal(origin.requests.length, before, `${path} reached the origin`);
  }
});

test("a whole address in the request line leads to the origin and nowhere else", async () => {
  const elsewhere = await startOrigin();
  try {
    await gate.get(`${elsewhere.url}/about`).catch(() => undefined);
    await gate.get(`//${new URL(elsewhere.url).host}/about`).catch(() => undefined);
    assert.equal(elsewhere.requests.length, 0);
  } finally {
    await elsewhere.stop();
  }
});

test("a preflight reaches the origin without any identity", async () => {
  const { rawRequest } = await import("../harness/gate.mjs");
  const headers = { ...SPOOFED, origin: "https://page.example", "access-control-request-method": "GET" };
  const answer = await rawRequest(gate.url, "/api/me", headers, "OPTIONS");
  assert.equal(answer.status, 200);
  assert.deepEqual(identityOf(answer.json()), []);
});
