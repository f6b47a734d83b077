// Mistakes of the gate's owner are told at once and by name; and the small tools around a gate.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clearedCookie, createGate, safeReturnTo, sessionCookie, withGate } from "@shelflife/verifier/edge";
import { makeQuestion } from "../../runtimes/loading.mjs";

const GOOD = { issuer: "https://id.example.com", audience: "api" };
const OPEN = { routes: [], otherwise: "public" };

test("a policy that cannot be meant is refused when the gate is made, with the name of what is wrong", () => {
  const route = (path, access = {}) => ({ ...OPEN, routes: [{ path, access }] });
  for (const [policy, named] of [
    [undefined, /policy/],
    [{ otherwise: "public" }, /policy\.routes/],
    [{ routes: [] }, /policy\.otherwise/],
    [{ routes: [], otherwise: "privat" }, /policy\.otherwise/],
    [route("api/*"), /routes\[0\]\.path/],
    [route("/API/*"), /routes\[0\]\.path/],
    [route("/a*"), /routes\[0\]\.path/],
    [route("/*/a/*"), /routes\[0\]\.path/],
    [route("/a%20b"), /routes\[0\]\.path/],
    [route("/a?b"), /routes\[0\]\.path/],
    [route("//a"), /routes\[0\]\.path/],
    [route("/a", { scope: "read" }), /routes\[0\]\.access\.scope/],
    [route("/a", { groups: [""] }), /access\.groups/],
    [route("/a", { maxAuthAge: -1 }), /access\.maxAuthAge/],
    [route("/a", { maxAuthAge: 1.5 }), /access\.maxAuthAge/],
    [route("/a", { from: [] }), /access\.from/],
    [route("/a", { from: ["body"] }), /access\.from/],
    [route("/a", { from: ["cookie"] }), /policy\.cookie/],
    [{ ...OPEN, cookie: { name: "session" } }, /cookie\.name.*__Host-/],
    [{ ...OPEN, cookie: { pagesFrom: ["https://a.example/"] } }, /cookie\.pagesFrom/],
    [{ ...OPEN, revocations: { every: 0 } }, /revocations\.every/],
    [{ ...OPEN, revocations: { maxAge: 10 } }, /revocations\.maxAge/],
    [{ ...OPEN, revocations: { whenOutdated: "closed" } }, /revocations\.whenOutdated/],
    [{ ...OPEN, refusalsReadableBy: ["*"] }, /refusalsReadableBy/],
    [{ ...OPEN, signIn: { url: "//evil.example" } }, /signIn\.url/],
    [{ ...OPEN, signIn: { url: "http://id.example.com" } }, /signIn\.url/],
    [{ routes: [], otherwise: {}, signIn: { url: "/sign-in" } }, /signIn\.url.*public/],
  ]) {
    assert.throws(() => createGate({ ...GOOD, policy }), { name: "TypeError", message: named }, JSON.stringify(policy));
  }
  assert.throws(() => createGate({ ...GOOD, audience: "", policy: OPEN }), /audience/);
  const bare = { issuer: "http://id.example.com", audience: "api", policy: { ...OPEN, cookie: {} } };
  assert.throws(() => createGate(bare), /https/, "a token is never sent over plain HTTP");
});

test("a handler with the gate before it gets the claims, or is not called", async () => {
  const { jwks, tokens } = makeQuestion();
  const gate = createGate({ ...GOOD, jwks, policy: { routes: [], otherwise: {} } });
  const handler = withGate(gate, (_, claims) => new Response(claims.sub));
  const ask = (token) => handler(new Request("https://api.test/", { headers: { authorization: `Bearer ${token}` } }));
  assert.equal(await (await ask(tokens[0])).text(), "ada");
  assert.equal((await ask(tokens[1])).status, 401);
});

test("a key set that cannot be used is the gate's trouble, and said to be so", async (t) => {
  t.mock.method(console, "error", () => {});
  const gate = createGate({ ...GOOD, jwks: "{}", policy: { routes: [], otherwise: {} } });
  const request = new Request("https://api.test/", { headers: { authorization: "Bearer a.b.c" } });
  const answer = await gate.fetch(request, () => assert.fail("nobody gets through"));
  assert.deepEqual([answer.status, (await answer.json()).reason], [500, "misconfigured"]);
});

test("the way back after signing in is a path of this site, whatever the parameter says", () => {
  for (const good of ["/", "/a?b=c#d", "/a%20b", "/x/../y", "/?u=https://evil.example"]) {
    assert.equal(new URL(safeReturnTo(good), "https://here.test").origin, "https://here.test", good);
    assert.notEqual(safeReturnTo(good, "/fallback"), "/fallback", good);
  }
  for (const bad of [
    null,
    undefined,
    "",
    "a",
    "//evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/%2e//evil.example",
  ]) {
    assert.equal(safeReturnTo(bad, "/fallback"), "/fallback", String(bad));
  }
});

test("the lines that set the cookie and take it away say the same of it", () => {
  const kept = "Path=/; Secure; HttpOnly; SameSite=Lax";
  assert.equal(sessionCookie("t.o.ken", { maxAge: 60 }), `__Host-shelflife=t.o.ken; ${kept}; Max-Age=60`);
  assert.equal(sessionCookie("t.o.ken"), `__Host-shelflife=t.o.ken; ${kept}`);
  assert.equal(clearedCookie("__Host-x"), `__Host-x=; ${kept}; Max-Age=0`);
});
