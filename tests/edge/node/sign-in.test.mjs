// The whole way of a person in cookie mode: to a page, to the sign-in page, through the lines of the README, and back to the page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createGate, honoGate, safeReturnTo, sessionCookie } from "@shelflife/verifier/edge";
import { Hono } from "hono";
import { AUDIENCE, PASSWORD, startIssuer, USER } from "../../harness/issuer.mjs";
import { root } from "../../harness/process.mjs";
import { NAVIGATION } from "../world.mjs";

let issuer;

before(async () => {
  issuer = await startIssuer();
});
after(() => issuer?.stop());

/** The handler that the README shows, put onto `app`. */
function register(app) {
  const readme = readFileSync(join(root, "edge-worker/README.md"), "utf8");
  const [, lines] = /```js\n( *app\.post\("\/sign-in"[\s\S]*?)```/.exec(readme);
  new Function("app", "issuer", "sessionCookie", "safeReturnTo", lines)(app, issuer.url, sessionCookie, safeReturnTo);
}

test("the README's sign-in sets the cookie that the gate takes, and leads back to where the person wanted to go", async () => {
  const app = new Hono();
  const policy = {
    routes: [{ path: "/sign-in", access: "public" }],
    otherwise: {},
    signIn: { url: "/sign-in" },
    cookie: {},
  };
  app.use(honoGate(createGate({ issuer: issuer.url, audience: AUDIENCE, policy })));
  app.get("/books", (c) => c.text(`${c.get("claims").sub} reads page ${c.req.query("page")}`));
  register(app);

  const turnedAway = await app.request("http://site.test/books?page=2", { headers: NAVIGATION });
  assert.equal(turnedAway.status, 302);
  const location = new URL(turnedAway.headers.get("location"), "http://site.test");

  const send = (fields, origin = "http://site.test") =>
    app.request(location.href, { method: "POST", headers: { origin }, body: new URLSearchParams(fields) });
  const fields = { username: USER, password: PASSWORD, return_to: location.searchParams.get("return_to") };
  assert.equal((await send(fields, "https://evil.example")).status, 403);
  assert.equal((await send({ ...fields, password: "wrong" })).status, 400);
  assert.equal((await send({ ...fields, return_to: "//evil.example" })).headers.get("location"), "/");

  const signedIn = await send(fields);
  assert.deepEqual([signedIn.status, signedIn.headers.get("location")], [303, "/books?page=2"]);
  const [cookie] = signedIn.headers.getSetCookie().map((line) => line.split(";")[0]);
  const page = await app.request("http://site.test/books?page=2", { headers: { ...NAVIGATION, cookie } });
  assert.match(await page.text(), / reads page 2$/);
});
