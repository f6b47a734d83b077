// The judge without wasm, as a page meets it: by the browser entry, here where wasm is refused while it loads.
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../harness/process.mjs";

/** What judges is chosen at the first verifier, and stays: any key set will do. */
const jwks = { keys: [{ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] };

const { instantiate } = WebAssembly;
let refused = 0;
WebAssembly.instantiate = async (source, imports) => {
  // Node's own `fetch` is made of wasm and comes with a module.
  if (source instanceof WebAssembly.Module) return instantiate(source, imports);
  refused += 1;
  throw new WebAssembly.CompileError("refused by the policy of the page");
};
const { createVerifier } = await import(pathToFileURL(join(root, "verifier-wasm/js/dist/browser.js")).href);
await createVerifier({ issuer: "https://issuer.test", audience: "api", jwks });
WebAssembly.instantiate = instantiate;
assert.equal(refused, 1, "wasm was asked for, and refused");

export const createPlainVerifier = createVerifier;
