// A signed token is whole or worthless: no change of it, however small, gets past the verifier.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AUDIENCE, startIssuer } from "../harness/issuer.mjs";
import { createVerifier } from "../harness/verifier.mjs";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

let issuer;
let token;
let verifier;

before(async () => {
  issuer = await startIssuer();
  token = await issuer.login();
  verifier = await createVerifier({ issuer: issuer.url, audience: AUDIENCE, jwks: await issuer.jwks() });
});
after(() => issuer?.stop());

function assertWorthless(forged, what) {
  const { state } = verifier.verify(forged);
  assert.equal(state, "invalid", what);
}

/** Neighbours in the alphabet differ in the lowest bits, which is where padding bits hide; the others are anything. */
function replacements(character) {
  const index = ALPHABET.indexOf(character);
  const near = [1, 2, 3, 16, 32].map((bit) => ALPHABET[index < 0 ? bit : index ^ bit]);
  return new Set([...near, "A", "_", ".", "=", " ", "+", "é"].filter((other) => other !== character));
}

test("changing any single character makes the token invalid", () => {
  assert.equal(verifier.verify(token).state, "fresh");
  let tried = 0;
  for (let at = 0; at < token.length; at++) {
    for (const other of replacements(token[at])) {
      assertWorthless(token.slice(0, at) + other + token.slice(at + 1), `position ${at}: ${token[at]} -> ${other}`);
      tried += 1;
    }
  }
  assert.ok(tried > token.length * 8, `${tried} changes tried`);
  assert.equal(verifier.verify(token).state, "fresh", "and the real one still holds");
});

test("leaving out, doubling or swapping characters makes the token invalid", () => {
  for (let at = 0; at < token.length; at++) {
    assertWorthless(token.slice(0, at) + token.slice(at + 1), `without position ${at}`);
    assertWorthless(token.slice(0, at) + token[at] + token.slice(at), `position ${at} doubled`);
    if (token[at] === token[at + 1] || at + 1 === token.length) continue;
    assertWorthless(
      token.slice(0, at) + token[at + 1] + token[at] + token.slice(at + 2),
      `${at} and ${at + 1} swapped`,
    );
  }
});

test("cutting a token short or adding to it makes it invalid", () => {
  for (let length = 0; length < token.length; length++) assertWorthless(token.slice(0, length), `${length} characters`);
  for (const more of ["A", "=", "\n", " ", "\0", ".", ".A"]) {
    assertWorthless(token + more, `${JSON.stringify(more)} after it`);
    assertWorthless(more + token, `${JSON.stringify(more)} before it`);
  }
});

test("parts of two genuine tokens do not make a third", async () => {
  const other = (await issuer.login()).split(".");
  const own = token.split(".");
  assertWorthless([own[0], own[1], other[2]].join("."), "the signature of another");
  assertWorthless([own[0], other[1], own[2]].join("."), "the claims of another");
});
