// The vectors in Chromium, by the entry that the export condition `browser` chooses: with wasm, and where a policy forbids it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../harness/process.mjs";
import { testVectorsIn } from "../expect.mjs";
import { inChromium } from "./page.mjs";

const read = (path) => readFileSync(join(root, path), "utf8");

function vectorsIn(runtime, { csp, wasm }) {
  testVectorsIn(runtime, (vectors) =>
    inChromium(
      {
        "/": "<!doctype html><title>vectors</title>",
        "/verifier.js": read("verifier-wasm/js/dist/browser.js"),
        "/plain.js": read("verifier-wasm/js/dist/plain.js"),
        "/vectors.mjs": read("tests/runtimes/vectors.mjs"),
        "/vectors.json": JSON.stringify(vectors),
      },
      {
        csp,
        argument: wasm,
        inPage: async (wasm) => {
          const { createVerifier } = await import("/verifier.js");
          const { report } = await import("/vectors.mjs");
          const magicAndVersion = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
          const allowed = await WebAssembly.compile(magicAndVersion).then(
            () => true,
            () => false,
          );
          if (allowed !== wasm) throw new Error(`wasm ${allowed ? "can" : "cannot"} be compiled in this page`);
          return report(createVerifier, await (await fetch("/vectors.json")).json());
        },
      },
    ),
  );
}

vectorsIn("Chromium", { wasm: true });
vectorsIn("Chromium without wasm", { csp: "default-src 'none'; script-src 'self'; connect-src 'self'", wasm: false });
