// The real issuer, and the calls of it the tests are made of.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onFreePort } from "./port.mjs";
import { root, startListening } from "./process.mjs";

export const AUDIENCE = "api";
export const USER = "demo";
export const PASSWORD = "best-before";

/** Path of the built binary: SHELFLIFE_BIN, or what `cargo build` left. */
function binary() {
  if (process.env.SHELFLIFE_BIN) return process.env.SHELFLIFE_BIN;
  const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
  const found = ["release", "debug"].map((profile) => join(target, profile, "shelflife")).find(existsSync);
  if (!found) throw new Error("there is no shelflife binary: run `cargo xtask test`, or `cargo build --release`");
  return found;
}

/**
 * Starts an issuer with the demo user on data of its own. `options` are those of `shelflife serve`, without `--`; `backend` is
 * the id of a client that may open sessions, for `issuer.open`.
 */
export async function startIssuer(options = {}, { backend } = {}) {
  const data = mkdtempSync(join(tmpdir(), "shelflife-test-"));
  const secret = backend === undefined ? undefined : addClient(backend, join(data, "data"));
  const flags = Object.entries({ jitter: "0", audience: AUDIENCE, ...options });
  const args = ["serve", "--demo", "--data", join(data, "data")];
  for (const [name, value] of flags) args.push(`--${name}`, String(value));
  const start = (listen) => startListening("the issuer", binary(), [...args, "--listen", listen]);
  try {
    // One that is ended and started again must find its address free.
    let server = await onFreePort(start);
    const { url } = server;
    const stop = async () => {
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    };
    /** Ends the process; `up` starts another one at the same address with the same data. */
    const down = () => server.stop();
    const up = async () => {
      server = await start(new URL(url).host);
    };
    /** A command on the same data, for which the server has to be down; gives what it printed. */
    const run = (...words) => execFileSync(binary(), [...words, "--data", join(data, "data")], { encoding: "utf8" });
    return { url, said: () => server.said(), stop, down, up, run, ...calls(url, backend, secret) };
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    throw error;
  }
}

/** Makes a client that may open sessions, and gives its secret. */
function addClient(id, data) {
  const args = ["clients", "add", id, "--role", "sessions", "--data", data];
  return execFileSync(binary(), args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}

function calls(url, backend, secret) {
  const form = (path, fields) => fetch(`${url}${path}`, { method: "POST", body: new URLSearchParams(fields) });
  const exchange = (token) => form("/oauth/token", { grant_type: "refresh_token", refresh_token: token });
  return {
    exchange,
    /** A token of the demo user; with `remember_me` unless told otherwise. */
    async login(more = {}) {
      const body = JSON.stringify({ username: USER, password: PASSWORD, remember_me: true, ...more });
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${url}/login`, { method: "POST", headers, body });
      return tokenOf(answer);
    },
    /** A token of a user that the backend vouches for: `sub`, and perhaps `groups`, `scope`, `remember_me`. */
    async open(who) {
      const authorization = `Basic ${Buffer.from(`${backend}:${secret}`).toString("base64")}`;
      const headers = { "content-type": "application/json", authorization };
      return tokenOf(await fetch(`${url}/admin/sessions`, { method: "POST", headers, body: JSON.stringify(who) }));
    },
    /** A session that is bound to a cookie: its token, and the cookie with the binder secret. */
    async loginBound() {
      const body = JSON.stringify({ username: USER, password: PASSWORD, remember_me: true, binder: "cookie" });
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${url}/login`, { method: "POST", headers, body });
      const cookies = answer.headers.getSetCookie().map((line) => line.split(";")[0]);
      const binder = cookies.find((it) => it.startsWith("__Host-shelflife-binder"));
      return { token: await tokenOf(answer), binder };
    },
    async exchanged(token) {
      return tokenOf(await exchange(token));
    },
    async jwks() {
      return (await fetch(`${url}/.well-known/jwks.json`)).json();
    },
    /** Tells the issuer that a token has arrived, as clients and gates do. */
    seen(token) {
      return fetch(`${url}/sessions/seen`, { method: "POST", headers: { authorization: `Bearer ${token}` } });
    },
    logout(token) {
      return fetch(`${url}/logout`, { method: "POST", headers: { authorization: `Bearer ${token}` } });
    },
  };
}

async function tokenOf(answer) {
  const body = await answer.json();
  if (answer.status !== 200) throw new Error(`no token: ${answer.status} ${JSON.stringify(body)}`);
  return body.access_token;
}

/** What a token says, unverified: for finding out which dates a test has to look at. */
export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString("utf8"));
}
