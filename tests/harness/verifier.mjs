// The package as `cargo xtask wasm` makes it, by its path: what is tested is what would be published.
export { createVerifier } from "../../verifier-wasm/js/dist/index.js";

/** A verifier with pinned keys, while every request fails the test. */
export async function withoutNetwork(run) {
  const real = globalThis.fetch;
  let asked = 0;
  globalThis.fetch = () => {
    asked += 1;
    throw new Error("a request was made");
  };
  try {
    return [await run(), asked];
  } finally {
    globalThis.fetch = real;
  }
}
