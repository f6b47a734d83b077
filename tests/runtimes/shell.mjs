// The vectors in a runtime that is a program and reads scripts: from standard input, to standard output. Deno and Bun run this.
import { readFileSync, writeFileSync } from "node:fs";
import { createVerifier } from "@shelflife/verifier";
import { report } from "./vectors.mjs";

writeFileSync(1, JSON.stringify(await report(createVerifier, JSON.parse(readFileSync(0, "utf8")))));
