// Verification in Node: every contestant has a turn in every round, so that a disturbance meets all of them.
//
//   node node.mjs TOKENS STOCK ROUNDS OUT
import { createPublicKey, verify } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createVerifier } from "@shelflife/verifier";
import { createVerifier as createFastVerifier } from "fast-jwt";
import { contestants, each, eachInTurn, joseCheckFor, listFor, signedParts } from "./contestants.mjs";

/** Tokens of one turn. */
const TURN = 200;
const AT_ONCE = 16;
/** Rounds until the engine has compiled everything with its better compiler. */
const WARM_UP = 5;

const [tokensFile, stockFolder, rounds, out] = process.argv.slice(2);
const tokens = JSON.parse(readFileSync(tokensFile, "utf8"));
const signed = signedParts(tokens.session);

const module = await import(pathToFileURL(join(stockFolder, "stock.js")));
const { memory } = module.initSync({ module: readFileSync(join(stockFolder, "stock_bg.wasm")) });
const portable = await contestants({ tokens, createVerifier, stock: { Stock: module.Stock, memory } });
const all = [...portable.all, await joseAtOnce(), ...onlyInNode()];

const results = {};
for (const { name } of all) results[name] = { wall: [], cpu: [] };
for (let round = 0; round < WARM_UP + Number(rounds); round += 1) {
  for (let turn = 0; turn < all.length; turn += 1) {
    const contestant = all[(round + turn) % all.length];
    const list = listFor(contestant, tokens, signed, round * TURN, TURN);
    const cpuBefore = process.cpuUsage();
    const started = performance.now();
    await contestant.run(list);
    const wall = (performance.now() - started) * 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    if (round < WARM_UP) continue;
    results[contestant.name].wall.push(wall / list.length);
    results[contestant.name].cpu.push((user + system) / list.length);
  }
}
const runtime = `Node ${process.versions.node}`;
writeFileSync(out, JSON.stringify({ runtime, results, statistics: portable.statistics() }));

/** Node hands WebCrypto to other threads, so jose gains by having several checks on their way. */
async function joseAtOnce() {
  const check = await joseCheckFor(tokens);
  return {
    name: `jose, ${AT_ONCE} at once`,
    of: "session",
    run: async (list) => {
      const rest = list.values();
      await Promise.all(Array.from({ length: AT_ONCE }, () => eachInTurn(rest, check)));
    },
  };
}

function onlyInNode() {
  const publicKey = createPublicKey({ key: tokens.jwks.keys[0], format: "jwk" });
  const key = publicKey.export({ format: "pem", type: "spki" });
  const options = { key, algorithms: ["EdDSA"], allowedIss: tokens.issuer, allowedAud: tokens.audience };
  const fast = createFastVerifier({ ...options, cache: false });
  const remembering = createFastVerifier({ ...options, cache: 1000 });
  return [
    { name: "fast-jwt", of: "standard", run: (list) => each(list, (token) => fast(token).sub !== undefined) },
    {
      name: "fast-jwt, seen before",
      of: "standard",
      few: true,
      run: (list) => each(list, (token) => remembering(token).sub !== undefined),
    },
    {
      name: "node:crypto, signature alone",
      of: "signed",
      run: (list) => each(list, (it) => verify(null, it.message, publicKey, it.signature)),
    },
  ];
}
