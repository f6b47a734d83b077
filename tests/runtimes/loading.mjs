// Loading the package as a user does: packed, installed into an empty folder, and asked by the lines of the README.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../harness/process.mjs";

/** The five lines of the README: an import, and what a handler does with a request and a key set. */
export function readmeLines() {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const [, code] = /## At the edge[\s\S]*?```js\n([\s\S]*?)```/.exec(readme) ?? [];
  const lines = code?.trimEnd().split("\n") ?? [];
  assert.equal(lines.length, 5, "the README shows the edge in five lines");
  assert.match(lines[0], /^import \{ createVerifier \} from "@shelflife\/verifier";$/);
  return lines;
}

/** Those lines as a module with one function, and nothing else of our own but the good answer. */
export function gateModule({ parameters = "request, jwks", importing = (line) => line } = {}) {
  const [first, ...body] = readmeLines();
  return `${importing(first)}
export async function gate(${parameters}) {
  ${body.join("\n  ")}
  return new Response(verdict.claims.sub);
}
`;
}

/** Asks the gate with each token; what it answers is data, so that it can be printed or sent. */
export const ASK = `
export async function ask(gate, { jwks, tokens }) {
  const answers = [];
  for (const token of tokens) {
    const response = await gate(new Request("http://gate.test/", { headers: { authorization: "Bearer " + token } }), jwks);
    answers.push([response.status, await response.text()]);
  }
  return answers;
}
`;

/** A main module that prints the answers; the question stands in it. */
export function printingMain(question = makeQuestion()) {
  return `import { gate } from "./gate.mjs";
import { ask } from "./ask.mjs";
console.log(JSON.stringify(await ask(gate, ${JSON.stringify(question)})));
`;
}

/** A key set, and tokens of an issuer that is real in everything but its address: made now, with the clock of now. */
export function makeQuestion() {
  const seed = Buffer.alloc(32, 5);
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const { x } = createPublicKey(key).export({ format: "jwk" });
  const now = Math.floor(Date.now() / 1000);
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const token = (bbf) => {
    const header = { alg: "Ed25519", typ: "bbf+jwt", kid: "k", crit: ["bbf"], bbf };
    const claims = {
      iss: "https://id.example.com",
      aud: "api",
      sub: "ada",
      sid: "s",
      gen: 0,
      iat: now - 100,
      bbf,
      exp: now + 9000,
    };
    const signed = `${encode(header)}.${encode(claims)}`;
    return `${signed}.${sign(null, Buffer.from(signed), key).toString("base64url")}`;
  };
  const fresh = token(now + 900);
  const forged = fresh.replace(/\.[^.]+$/, `.${"A".repeat(86)}`);
  return { jwks: { keys: [{ kty: "OKP", crv: "Ed25519", kid: "k", x }] }, tokens: [fresh, token(now - 1), forged, ""] };
}

/** What the gate must answer to that question. */
export function assertAnswers(answers) {
  assert.deepEqual(answers, [
    [200, "ada"],
    [401, "stale"],
    [401, "bad-signature"],
    [401, "malformed"],
  ]);
}

/** A folder with the packed package installed, made once in each process and gone with it. */
let installed;
function installedFolder() {
  if (installed !== undefined) return installed;
  installed = mkdtempSync(join(tmpdir(), "shelflife-installed-"));
  process.on("exit", () => rmSync(installed, { recursive: true, force: true }));
  const npm = (args, cwd) => execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const dist = join(root, "verifier-wasm/js/dist");
  const [{ filename }] = JSON.parse(npm(["pack", "--json", "--ignore-scripts", "--pack-destination", installed], dist));
  writeFileSync(join(installed, "package.json"), '{ "private": true, "type": "module" }\n');
  npm(["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", `./${filename}`], installed);
  return installed;
}

/** A project outside of the repository with the package installed, and these files; gone after the test. */
export function project(t, files) {
  const folder = mkdtempSync(join(tmpdir(), "shelflife-loading-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(installedFolder(), folder, { recursive: true });
  for (const [name, text] of Object.entries({ "gate.mjs": gateModule(), "ask.mjs": ASK, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}
