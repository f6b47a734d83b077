// What a long list of revocations costs in Node: to take over, in memory, and at every check after.
//
//   node revocation.mjs WORLD ROUNDS OUT
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

/** Tokens of one turn. */
const TURN = 200;
/** Times that a list is taken over. */
const TAKEN = 15;
const WARM_UP = 10;

// The package does not show its memory: it is caught while it is made.
const memories = [];
WebAssembly.Instance = class extends WebAssembly.Instance {
  constructor(...args) {
    super(...args);
    memories.push(this.exports.memory);
  }
};
const { createVerifier } = await import("@shelflife/verifier");

const [worldFile, rounds, out] = process.argv.slice(2);
const { issuer, audience, jwks, list, session, revoked } = JSON.parse(readFileSync(worldFile, "utf8"));
const verifier = (cache) => createVerifier({ issuer, audience, jwks, cache });
const wasm = () => memories.reduce((bytes, memory) => bytes + memory.buffer.byteLength, 0);

const take = (verifier) => {
  const started = performance.now();
  const answer = verifier.updateRevocations(list);
  const took = (performance.now() - started) * 1000;
  if (!answer.ok) throw new Error(`${answer.code}: ${answer.detail}`);
  return { took, entries: answer.entries };
};
const [with0, without0, with1, without1] = await Promise.all([
  verifier(0),
  verifier(0),
  verifier(1024),
  verifier(1024),
]);
if (memories.length === 0)
  throw new Error("the package makes its wasm instance in another way: its memory was not caught");
const before = wasm();
const { entries } = take(with0);
const memory = wasm() - before;
take(with1);
if (with0.verify(revoked).code !== "revoked") throw new Error("the list does not revoke");

const times = [];
for (let time = 0; time < TAKEN; time += 1) times.push(take(await verifier(0)).took);

const check = (verifier, tokens) => {
  const started = performance.now();
  for (const token of tokens) if (verifier.verify(token).state !== "fresh") throw new Error("a good token was refused");
  return ((performance.now() - started) * 1000) / tokens.length;
};
const few = Array.from({ length: TURN * 10 }, (_, index) => session[index % 20]);
const distinct = { without: [], with: [] };
const seen = { without: [], with: [] };
for (let round = 0; round < WARM_UP + Number(rounds); round += 1) {
  const first = (round * TURN) % (session.length - TURN);
  const tokens = session.slice(first, first + TURN);
  const result = {};
  // Whoever is first has a disadvantage: they take turns.
  for (const name of round % 2 ? ["with", "without"] : ["without", "with"]) {
    result[name] = [check(name === "with" ? with0 : without0, tokens), check(name === "with" ? with1 : without1, few)];
  }
  if (round < WARM_UP) continue;
  for (const name of ["without", "with"]) {
    distinct[name].push(result[name][0]);
    seen[name].push(result[name][1]);
  }
}
const bytes = { plain: list.length, gzip: gzipSync(list, { level: 9 }).length };
const runtime = `Node ${process.versions.node}`;
writeFileSync(out, JSON.stringify({ runtime, entries, bytes, take: times, memory, distinct, seen }));
