// The judge without wasm held against the one in wasm: lists of revocations one after another, good and bad, and what tokens are
// worth after each.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { createVerifier, revocationCodes } from "@shelflife/verifier";
import { chance, damaged, keyOf, SEED, signed } from "./made-up.mjs";
import { createPlainVerifier } from "./plain.mjs";

const KEYS = { k: keyOf(9), l: keyOf(8) };
const STRANGER = keyOf(7);
const ISSUER = "https://issuer.test";
const JWKS = { keys: Object.entries(KEYS).map(([kid, { x }]) => ({ kty: "OKP", crv: "Ed25519", kid, x })) };
/** Sixteen bytes in base64url, sixteen bytes with stray bits behind them, and neither. */
const SIDS = ["AAECAwQFBgcICQoLDA0ODw", "______________________", "s", "sé🥛"];
const SUBS = ["ada", "é", ""];
const ENDS = [1060, 1061, 1119, 1120, 1200, 1250, 1300, 9_007_199_254_740_991];

const prefixOf = (sid) =>
  sid === SIDS[0] ? sid.slice(0, 16) : createHash("sha256").update(sid).digest().subarray(0, 12).toString("base64url");

/** Tokens of every session, of either user with a name, by either key. */
const TOKENS = SIDS.map((sid, at) => {
  const kid = at % 2 === 0 ? "k" : "l";
  const header = { alg: "Ed25519", typ: "bbf+jwt", kid, crit: ["bbf"], bbf: 2000 };
  const dates = { gen: 0, iat: 1000 + at, bbf: 2000, exp: 3000 };
  const claims = { iss: ISSUER, aud: "api", sub: SUBS[at % 2], sid, ...dates };
  return signed(JSON.stringify(header), JSON.stringify(claims), KEYS[kid].key);
});

/** Claims of a list, in order but for dates and numbers, which may be anything. */
function listOf(below) {
  const one = (of) => of[below(of.length)];
  const some = (most, make) => Array.from({ length: below(most + 1) }, make);
  const seq = below(8);
  return {
    iss: below(12) === 0 ? "https://issuer.test/" : ISSUER,
    iat: 1000 + 20 * below(10),
    seq,
    max_age: 100 * below(8),
    ...(below(3) === 0 ? {} : { since: below(10) === 0 ? seq + 1 : below(seq + 1) }),
    sessions: some(3, () => [one(ENDS), some(3, () => prefixOf(one(SIDS))).join("")]),
    users: some(3, () => [one(SUBS), 1000 + below(4), one(ENDS)]),
    keys: below(4) === 0 ? some(2, () => one(["k", "l", "m"])) : [],
  };
}

/** The list as text, half of them with one fault. */
function madeUp(below) {
  const kid = below(3) === 0 ? "l" : "k";
  const header = JSON.stringify({ alg: "Ed25519", typ: "revocations+jwt", kid });
  const payload = JSON.stringify(listOf(below));
  const { key } = KEYS[kid];
  const good = signed(header, payload, key);
  const at = below(good.length);
  switch (below(14)) {
    case 0:
      return signed(damaged(header, below), payload, key);
    case 1:
      return signed(header, damaged(payload, below), key);
    case 2:
      return signed(header, payload, STRANGER.key);
    case 3:
      return signed(header.replace(`"${kid}"`, '"stranger"'), payload, STRANGER.key);
    case 4:
      return good.slice(0, at) + "AZaz09-_.=+ é\ud800"[below(14)] + good.slice(at + below(2));
    case 5:
      return good.slice(0, at);
    case 6:
      // Not ASCII, and wrong in another way as well.
      return `${signed(header.replace("Ed25519", "none"), payload, key)}é`;
    default:
      return good;
  }
}

test("both judges know the same of made-up lists", async () => {
  const below = chance(SEED);
  const met = new Set();
  for (let round = 0; round < 150; round++) {
    const revocations = {
      ...(below(3) === 0 ? { maxAge: 100 } : {}),
      whenOutdated: below(2) === 0 ? "shut" : "open",
      maxBytes: below(8) === 0 ? 400 : 100_000,
    };
    const options = { issuer: ISSUER, audience: "api", jwks: JWKS, revocations };
    const [wasm, plain] = [await createVerifier(options), await createPlainVerifier(options)];
    for (let step = 0; step < 6; step++) {
      const text = madeUp(below);
      const call = { now: 960 + 20 * below(20) + [0, 1, 19, 0.5][below(4)] };
      const where = `seed ${SEED}, round ${round}, step ${step}, ${JSON.stringify(call)}: ${text}`;
      const [expected, found] = [wasm, plain].map((verifier) => {
        const { detail, ...update } = verifier.updateRevocations(text, call);
        assert.equal(typeof detail, update.ok ? "undefined" : "string");
        const verdicts = TOKENS.map((token) => {
          const { detail: _, ...verdict } = verifier.verify(token, call);
          return verdict;
        });
        return { update, known: verifier.revocations, verdicts };
      });
      assert.deepEqual(found, expected, where);
      met.add(expected.update.code ?? "ok");
      for (const { code, state } of expected.verdicts) met.add(code ?? state);
    }
  }
  const missing = ["ok", "fresh", "revoked", "revocations-unavailable", ...Object.keys(revocationCodes)];
  assert.deepEqual(
    missing.filter((code) => !met.has(code)),
    ["keys-unavailable"],
    "everything was met but what pinned keys cannot show",
  );
});
