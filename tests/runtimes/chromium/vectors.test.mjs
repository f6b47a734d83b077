// The vectors in Chromium, by the entry that the export condition `browser` chooses.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../harness/process.mjs";
import { testVectorsIn } from "../expect.mjs";
import { inChromium } from "./page.mjs";

const read = (path) => readFileSync(join(root, path), "utf8");

testVectorsIn("Chromium", (vectors) =>
  inChromium(
    {
      "/": "<!doctype html><title>vectors</title>",
      "/verifier.js": read("verifier-wasm/js/dist/browser.js"),
      "/vectors.mjs": read("tests/runtimes/vectors.mjs"),
      "/vectors.json": JSON.stringify(vectors),
    },
    {
      inPage: async () => {
        const { createVerifier } = await import("/verifier.js");
        const { report } = await import("/vectors.mjs");
        return report(createVerifier, await (await fetch("/vectors.json")).json());
      },
    },
  ),
);
