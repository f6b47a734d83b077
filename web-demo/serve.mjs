// The origin of the demo: serves dist/ with the configuration written into the page, and the API that the gate protects.
//
//   node serve.mjs [--listen 127.0.0.1:3000]
//
// SHELFLIFE_ISSUER and SHELFLIFE_AUDIENCE must be set. SHELFLIFE_JWKS is the issuer's key set as JSON; when it is empty the keys
// are fetched from the issuer, so that the page still needs no request to judge its token.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const dist = fileURLToPath(new URL("dist", import.meta.url));
const KEYS_KEPT_MS = 60_000;
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

/** Says what is wrong in one line and leaves. */
function fail(message) {
  process.stderr.write(`web-demo: ${message}\n`);
  process.exit(1);
}

function readSettings() {
  let listen;
  try {
    listen = parseArgs({ options: { listen: { type: "string", default: "127.0.0.1:0" } } }).values.listen;
  } catch (error) {
    fail(error.message);
  }
  const [, host, port] = /^(\[[0-9a-f:]+\]|[^:[\]]+):(\d{1,5})$/i.exec(listen) ?? [];
  if (port === undefined || Number(port) > 65_535) fail(`--listen wants HOST:PORT, not ${listen}`);
  const { SHELFLIFE_ISSUER: issuer, SHELFLIFE_AUDIENCE: audience, SHELFLIFE_JWKS: jwks } = process.env;
  if (!issuer || !URL.canParse(issuer)) fail("SHELFLIFE_ISSUER must be the issuer's URL");
  if (!audience) fail("SHELFLIFE_AUDIENCE is not set");
  return { host, port: Number(port), issuer, audience, jwks: jwks ? parseKeys(jwks) : undefined };
}

function parseKeys(text) {
  try {
    return JSON.parse(text);
  } catch {
    return fail("SHELFLIFE_JWKS is not JSON");
  }
}

/** Every file that may be served, by its URL path. A path that is not a key here does not exist, however it is spelled. */
function readFiles() {
  try {
    return new Map(
      readdirSync(dist, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
        .map((file) => [file.slice(dist.length).replaceAll("\\", "/"), readFileSync(file)]),
    );
  } catch {
    return fail("dist/ is missing. Run `npm run build` first.");
  }
}

/** The pinned keys, or the issuer's, asked for at most once a minute. Undefined while nobody knows them. */
function keySource({ issuer, jwks }) {
  if (jwks !== undefined) return async () => jwks;
  let known;
  let askedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (known === undefined || Date.now() - askedAt > KEYS_KEPT_MS) {
      askedAt = Date.now();
      const answer = await fetch(`${issuer.replace(/\/$/, "")}/.well-known/jwks.json`, {
        signal: AbortSignal.timeout(2_000),
      }).catch(() => undefined);
      if (answer?.ok) known = await answer.json().catch(() => known);
    }
    return known;
  };
}

function securityHeaders(issuer) {
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${new URL(issuer).origin}`,
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ];
  return {
    "content-security-policy": policy.join("; "),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  };
}

/** The identity the gate vouches for, as the origin got it and as it reads it. */
function whoAsks(headers) {
  const raw = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("x-shelflife-")));
  const value = (name) => (raw[`x-shelflife-${name}`] === undefined ? undefined : decode(raw[`x-shelflife-${name}`]));
  const number = (name) => (value(name) === undefined ? undefined : Number(value(name)));
  return {
    sub: value("sub"),
    sid: value("sid"),
    gen: number("gen"),
    client_id: value("client-id"),
    scope: value("scope"),
    groups: raw["x-shelflife-groups"]?.split(",").map(decode),
    auth_time: number("auth-time"),
    headers: raw,
    saw_authorization: headers.authorization !== undefined,
  };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const settings = readSettings();
const files = readFiles();
const page =
  files.get("/index.html")?.toString("utf8") ?? fail("dist/index.html is missing. Run `npm run build` first.");
const keys = keySource(settings);
const security = securityHeaders(settings.issuer);

async function pageWithConfig() {
  const config = { issuer: settings.issuer, audience: settings.audience, jwks: await keys() };
  // `<` would let a value end the script element.
  const json = JSON.stringify(config).replaceAll("<", "\\u003c");
  const script = `<script type="application/json" id="shelflife-config">${json}</script>`;
  return page.replace("<!--shelflife-config-->", () => script);
}

async function answer(request) {
  const path = (request.url ?? "/").split("?", 1)[0];
  if (path === "/api/me") return vouched(request, (identity) => identity);
  // The gate lets nobody through to here whose password was not proved just now.
  if (path === "/api/recovery-codes") return vouched(request, ({ sub }) => ({ codes: recoveryCodes(sub) }));
  if (path.startsWith("/api/")) return json(404, { error: "not_found", error_description: "There is no such call." });
  if (request.method !== "GET" && request.method !== "HEAD")
    return plain(405, "Only GET and HEAD.", { allow: "GET, HEAD" });
  if (path === "/" || path === "/index.html") {
    return [200, { "content-type": TYPES[".html"], "cache-control": "no-cache" }, await pageWithConfig()];
  }
  const body = files.get(path);
  if (body === undefined) return plain(404, "Not found.");
  const kept = path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
  return [200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream", "cache-control": kept }, body];
}

/** What the origin makes of the caller, for a caller the gate vouches for. */
function vouched(request, answerFor) {
  if (request.method !== "GET") return json(405, { error: "method_not_allowed", error_description: "Only GET." });
  const identity = whoAsks(request.headers);
  // Without the gate nobody vouches for anyone.
  if (identity.sub === undefined) {
    return json(403, { error: "no_identity", error_description: "This request did not come through the gate." });
  }
  return json(200, answerFor(identity));
}

/** They open nothing: something to look at that one would not show to everyone. */
function recoveryCodes(sub) {
  const digits = createHash("sha256").update(`demo ${sub}`).digest("hex");
  return [0, 1, 2, 3].map((index) => digits.slice(index * 8, index * 8 + 8).replace(/^..../, "$&-"));
}

function json(status, value) {
  return [status, { "content-type": TYPES[".json"], "cache-control": "no-store" }, JSON.stringify(value)];
}

function plain(status, text, headers = {}) {
  return [status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", ...headers }, text];
}

const server = createServer((request, response) => {
  request.resume();
  answer(request)
    .catch((error) => {
      process.stderr.write(`web-demo: ${error.stack}\n`);
      return plain(500, "Something went wrong.");
    })
    .then(([status, headers, body]) => {
      response.writeHead(status, { ...security, ...headers, "content-length": Buffer.byteLength(body) });
      response.end(request.method === "HEAD" ? undefined : body);
    });
});

server.on("error", (error) =>
  fail(
    error.code === "EADDRINUSE"
      ? `port ${settings.port} on ${settings.host} is taken by another program`
      : error.message,
  ),
);
server.listen(settings.port, settings.host.replace(/^\[|\]$/g, ""), () => {
  process.stdout.write(`listening on http://${settings.host}:${server.address().port}\n`);
});

function leave() {
  server.close(() => process.exit(0));
  server.closeAllConnections();
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, leave);
// A parent that was killed cannot send a signal: being handed to another parent is the only sign of it.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && leave(), 500).unref();
