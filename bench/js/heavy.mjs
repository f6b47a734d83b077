// What a token can cost that somebody made to be costly: every kind has a turn in every round, beside a normal token.
//
//   node heavy.mjs ROUNDS OUT
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createVerifier } from "@shelflife/verifier";

/** Tokens of one turn; more than any memory of theirs would matter, as it is switched off. */
const TURN = 100;
const WARM_UP = 5;
const MAX_TOKEN_BYTES = 8192;
const MAX_KEYS = 64;

const [rounds, out] = process.argv.slice(2);
const now = Math.floor(Date.now() / 1000);
const [issuer, audience] = ["https://issuer.example", "api"];

const keyOf = (seed) => {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, seed)]);
  const secret = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const { x } = createPublicKey(secret).export({ format: "jwk" });
  return { secret, jwk: { kty: "OKP", crv: "Ed25519", kid: `key-${seed}`, x } };
};
const key = keyOf(1);
const manyKeys = Array.from({ length: MAX_KEYS }, (_, at) => keyOf(MAX_KEYS - at).jwk);

/** A genuine token; `more` is JSON text behind the claims that must be there. */
function token(number, more = "") {
  const bbf = now + 900;
  const header = `{"alg":"Ed25519","typ":"bbf+jwt","kid":"${key.jwk.kid}","crit":["bbf"],"bbf":${bbf}}`;
  const claims = `{"iss":"${issuer}","aud":"${audience}","sub":"user-${number}","sid":"session","gen":${number},`;
  const payload = `${claims}"iat":${now},"bbf":${bbf},"exp":${now + 9000},"scope":"read"${more}}`;
  const message = [header, payload].map((part) => Buffer.from(part).toString("base64url")).join(".");
  return `${message}.${sign(null, Buffer.from(message), key.secret).toString("base64url")}`;
}

/** As many pieces as a token can carry. `piece` is given its number and joined by commas. */
function stuffed(opening, piece, closing) {
  let more = opening;
  for (let at = 0; token(0, `${more},${piece(at)}${closing}`).length <= MAX_TOKEN_BYTES - 16; at += 1) {
    more += `${at === 0 ? "" : ","}${piece(at)}`;
  }
  return more + closing;
}

const member = (at) => `"${at.toString(36)}":0`;
const kinds = {
  "a normal token": "",
  "the longest: one text": `,"x":"${"x".repeat(5600)}"`,
  "the longest: escapes": `,"x":"${"\\u0041".repeat(930)}"`,
  "the deepest lists": stuffed(',"x":[', () => "[[[[[[]]]]]]", "]"),
  "the most members": stuffed(",", member, ""),
  "the most groups": stuffed(',"groups":[', (at) => `"${at}"`, "]"),
};

const one = await createVerifier({ issuer, audience, jwks: { keys: [key.jwk] }, cache: 0 });
const many = await createVerifier({ issuer, audience, jwks: { keys: manyKeys }, cache: 0 });
const normal = Array.from({ length: TURN }, (_, number) => token(number));
const contestants = Object.entries(kinds).map(([name, more]) => {
  const list = more === "" ? normal : Array.from({ length: TURN }, (_, number) => token(number, more));
  return { name, list, verifier: one, expected: "fresh" };
});
const signature = "A".repeat(86);
const forged = normal.map((it) => it.replace(/\.[^.]+$/, `.${signature}`));
contestants.push({ name: "forged", list: forged, verifier: one, expected: "bad-signature" });
// What is read before the signature is checked, and so what anybody can send.
for (const [name, piece] of [
  ["forged, the deepest header", () => "[[[[[[]]]]]]"],
  ["forged, the most members in its header", member],
]) {
  const pieces = Array.from({ length: Math.floor(6000 / piece(99).length) }, (_, at) => piece(at)).join(",");
  const header = Buffer.from(name.includes("deepest") ? `{"x":[${pieces}]}` : `{${pieces}}`).toString("base64url");
  const made = `${header.slice(0, (MAX_TOKEN_BYTES - 100) & ~3)}.e30.${signature}`;
  contestants.push({ name, list: new Array(TURN).fill(made), verifier: one, expected: "bad-header" });
}
contestants.push({ name: `${MAX_KEYS} keys, the last one signed`, list: normal, verifier: many, expected: "fresh" });
const noToken = Array.from({ length: TURN }, () => ".".repeat(MAX_TOKEN_BYTES));
contestants.push({ name: "nothing but dots", list: noToken, verifier: one, expected: "malformed" });

const results = Object.fromEntries(contestants.map(({ name }) => [name, { wall: [], cpu: [] }]));
for (let round = 0; round < WARM_UP + Number(rounds); round += 1) {
  for (let turn = 0; turn < contestants.length; turn += 1) {
    const { name, list, verifier, expected } = contestants[(round + turn) % contestants.length];
    const cpuBefore = process.cpuUsage();
    const started = performance.now();
    for (const it of list) {
      const verdict = verifier.verify(it, { scope: "read" });
      if ((verdict.code ?? verdict.state) !== expected) throw new Error(`${name}: ${JSON.stringify(verdict)}`);
    }
    const wall = (performance.now() - started) * 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    if (round < WARM_UP) continue;
    results[name].wall.push(wall / list.length);
    results[name].cpu.push((user + system) / list.length);
  }
}
writeFileSync(out, JSON.stringify({ runtime: `Node ${process.versions.node}`, results }));
