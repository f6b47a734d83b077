// The package in a page: as plain modules, and under a Content-Security-Policy that allows or forbids wasm.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assertAnswers, makeQuestion, project } from "../loading.mjs";
import { inChromium } from "./page.mjs";

/** What a page loads, by its address; without a bundler it takes an import map to find a package. */
function files(t) {
  const folder = project(t, {});
  const map = { imports: { "@shelflife/verifier": "/verifier.js" } };
  return {
    "/": `<!doctype html><title>gate</title><script type="importmap" nonce="n">${JSON.stringify(map)}</script>`,
    "/verifier.js": readFileSync(join(folder, "node_modules/@shelflife/verifier/browser.js"), "utf8"),
    "/plain.js": readFileSync(join(folder, "node_modules/@shelflife/verifier/plain.js"), "utf8"),
    "/gate.mjs": readFileSync(join(folder, "gate.mjs"), "utf8"),
    "/ask.mjs": readFileSync(join(folder, "ask.mjs"), "utf8"),
  };
}

const inPage = async (question) => {
  const { ask } = await import("/ask.mjs");
  const { gate } = await import("/gate.mjs");
  return ask(gate, question);
};

test("the README's lines run in a page as plain modules", async (t) => {
  assertAnswers(await inChromium(files(t), { inPage, argument: makeQuestion() }));
});

test("they run where the Content-Security-Policy has 'wasm-unsafe-eval' and forbids every request", async (t) => {
  const csp = "default-src 'none'; script-src 'self' 'nonce-n' 'wasm-unsafe-eval'";
  assertAnswers(await inChromium(files(t), { csp, inPage, argument: makeQuestion() }));
});

const WITHOUT_WASM = "default-src 'none'; script-src 'self' 'nonce-n'";

test("they run where the Content-Security-Policy forbids wasm: plain JavaScript stands in", async (t) => {
  assertAnswers(await inChromium(files(t), { csp: WITHOUT_WASM, inPage, argument: makeQuestion() }));
});

test("they run in a browser that has no WebAssembly", async (t) => {
  assertAnswers(await inChromium(files(t), { inPage, argument: makeQuestion(), flags: ["--js-flags=--jitless"] }));
});

test("a page that may compile wasm does not load what stands in for it", async (t) => {
  const { "/plain.js": _, ...others } = files(t);
  assertAnswers(await inChromium(others, { inPage, argument: makeQuestion() }));
});

test("where neither can be had, the error says what to add to the policy", async (t) => {
  const { "/plain.js": _, ...others } = files(t);
  const said = await inChromium(others, {
    csp: WITHOUT_WASM,
    argument: makeQuestion(),
    inPage: async ({ jwks }) => {
      const { createVerifier } = await import("/verifier.js");
      return createVerifier({ issuer: "https://id.example.com", audience: "api", jwks }).then(
        () => "no error",
        (error) => `${error.name}: ${error.message}`,
      );
    },
  });
  assert.match(said, /^Error: .*plain\.js.*Content-Security-Policy.*'wasm-unsafe-eval'.*script-src/);
});
