// The first verdict of many fresh processes, ours and jose's in turn.
//
//   node start.mjs TOKENS PROCESSES OUT
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Checks in which the tables must have been built. */
const SOME = 200;

const [tokensFile, processes, out] = process.argv.slice(2);
const { issuer, audience, jwks, session } = JSON.parse(readFileSync(tokensFile, "utf8"));
const folder = mkdtempSync(join(tmpdir(), "shelflife-bench-"));
const file = join(folder, "tokens.json");
const cold = fileURLToPath(new URL("cold.mjs", import.meta.url));
const run = (who) => JSON.parse(execFileSync(process.execPath, [cold, who, file], { encoding: "utf8" }));

const report = { ours: [], jose: [], tables: [] };
try {
  writeFileSync(file, JSON.stringify({ issuer, audience, jwks, session: session.slice(0, SOME) }));
  for (let count = 0; count < Number(processes); count += 1) {
    const { first, tables } = run("ours");
    report.ours.push(first);
    report.tables.push(tables);
    report.jose.push(run("jose").first);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
writeFileSync(out, JSON.stringify(report));
