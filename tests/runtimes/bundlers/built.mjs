// What a bundler made, in the browser and in Node: no setting was made for the package, and no request but for its own files.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inChromium } from "../chromium/page.mjs";
import { assertAnswers } from "../loading.mjs";

/** The program of the page: it asks the gate and leaves the answers where a test finds them. */
export function pageMain(question) {
  return `import { gate } from "./gate.mjs";
import { ask } from "./ask.mjs";
globalThis.answers = ask(gate, ${JSON.stringify(question)});
`;
}

export const PAGE = '<!doctype html><title>gate</title><script type="module" src="/main.mjs"></script>';

/** A page that may load its own scripts and nothing else; one that may compile wasm besides, and one that may not. */
const POLICIES = ["default-src 'none'; script-src 'self' 'wasm-unsafe-eval'", "default-src 'none'; script-src 'self'"];

/** Opens the page that was built into `folder`, with and without wasm, and looks at the answers. */
export async function assertBuilt(folder) {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
  const files = Object.fromEntries(
    names.map((it) => {
      const path = join(it.parentPath ?? it.path, it.name);
      return [path.slice(folder.length).replaceAll("\\", "/"), readFileSync(path, "utf8")];
    }),
  );
  for (const csp of POLICIES) {
    assertAnswers(await inChromium({ "/": files["/index.html"], ...files }, { csp, inPage: waitForAnswers }));
  }
}

/** Runs in the page. */
export async function waitForAnswers() {
  for (let time = 0; globalThis.answers === undefined && time < 1200; time++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return globalThis.answers;
}
