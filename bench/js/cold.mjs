// One verdict in a fresh process, everything that it takes included; then the checks in which the tables are built.
//
//   node cold.mjs ours|jose FILE    FILE holds issuer, audience, jwks and some tokens
import { readFileSync } from "node:fs";

const [who, file] = process.argv.slice(2);
const { issuer, audience, jwks, session } = JSON.parse(readFileSync(file, "utf8"));
const [token] = session;

const started = performance.now();
let good;
let verifier;
if (who === "ours") {
  const { createVerifier } = await import("@shelflife/verifier");
  verifier = await createVerifier({ issuer, audience, jwks });
  good = verifier.verify(token).state === "fresh";
} else {
  const { importJWK, jwtVerify } = await import("jose");
  const key = await importJWK(jwks.keys[0], "Ed25519");
  good = (await jwtVerify(token, key, { issuer, audience, crit: { bbf: true } })).payload.bbf > 0;
}
const first = performance.now() - started;
if (!good) throw new Error("a good token was refused");

/** The slowest of the first checks builds the tables: that of the key, and the one of the base point for all keys. */
function tableTime() {
  const times = session.map((it) => {
    const before = performance.now();
    verifier.verify(it);
    return performance.now() - before;
  });
  times.sort((a, b) => a - b);
  return times.at(-1) - times[times.length >> 1];
}

process.stdout.write(JSON.stringify({ first, tables: who === "ours" ? tableTime() : null }));
