// The judge without wasm held against the one in wasm: made-up tokens and key sets, on which the two must agree in every word
// that a program reads.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createVerifier } from "@shelflife/verifier";
import { chance, damaged, keyOf, SEED, signed } from "./made-up.mjs";
import { createPlainVerifier } from "./plain.mjs";

const { key: KEY, x: X } = keyOf(9);
const OPTIONS = { issuer: "https://issuer.test", audience: "api" };
const JWKS = { keys: [{ kty: "OKP", crv: "Ed25519", kid: "k", x: X }] };
const HEADER = '{"alg":"Ed25519","typ":"bbf+jwt","kid":"k","crit":["bbf"],"bbf":2000}';
const PAYLOAD =
  '{"iss":"https://issuer.test","aud":["api","b"],"sub":"ada \\u00e9","sid":"s","gen":0,"iat":1000,"bbf":2000,"exp":3000,' +
  '"scope":"a b","groups":["g"],"auth_time":900,"cnf":{"jkt":"j"},"x":{"y":[1.5,-0,null,{"z":"\\ud83e\\udd5b"}]}}';

/** A token with one kind of damage: in what was signed, in its bytes, or in the token itself. */
function madeUp(below) {
  const [header, payload] = [Buffer.from(HEADER), Buffer.from(PAYLOAD)];
  switch (below(4)) {
    case 0:
      return signed(damaged(HEADER, below), payload, KEY);
    case 1:
      return signed(header, damaged(PAYLOAD, below), KEY);
    case 2:
      payload[below(payload.length)] = below(256);
      return signed(header, payload, KEY);
    default: {
      const token = signed(header, payload, KEY);
      const at = below(token.length);
      return token.slice(0, at) + "AZaz09-_.=+ é"[below(13)] + token.slice(at + below(2));
    }
  }
}

test("both judges say the same of made-up tokens", async () => {
  const below = chance(SEED);
  const options = { ...OPTIONS, jwks: JWKS, cache: 0 };
  const [wasm, plain] = [await createVerifier(options), await createPlainVerifier(options)];
  const asked = [{ now: 1500 }, { now: 2500 }, { now: 1500, scope: "b", groups: ["g"], maxAuthAge: 700 }];
  const met = new Set();
  for (let round = 0; round < 1500; round++) {
    const token = madeUp(below);
    const call = asked[below(asked.length)];
    const [{ detail, ...expected }, { detail: _, ...found }] = [wasm.verify(token, call), plain.verify(token, call)];
    assert.deepEqual(found, expected, `seed ${SEED}, round ${round}: ${token} (in wasm: ${detail})`);
    met.add(expected.code ?? expected.state);
  }
  for (const code of ["fresh", "stale", "bad-encoding", "bad-header", "bad-signature", "bad-claims"]) {
    assert.ok(met.has(code), `${code} was among the verdicts`);
  }
});

test("both judges take the same keys", async () => {
  const below = chance(SEED);
  const usable = async (create, x) =>
    create({ ...OPTIONS, jwks: { keys: [{ ...JWKS.keys[0], x }] } }).then(
      () => true,
      (error) => assert.ok(error instanceof TypeError, String(error)),
    );
  const met = new Set();
  for (let round = 0; round < 400; round++) {
    const bytes = Buffer.from(Array.from({ length: below(20) === 0 ? 31 : 32 }, () => below(256)));
    // A quarter is close to the prime, where the second spellings are.
    if (below(4) === 0) bytes.fill(255, 1, 31)[0] = 200 + below(56);
    const x = bytes.toString("base64url");
    const expected = await usable(createVerifier, x);
    assert.equal(await usable(createPlainVerifier, x), expected, `seed ${SEED}: ${x}`);
    met.add(expected);
  }
  assert.equal(met.size, 2, "some keys are usable, some are not");
});
