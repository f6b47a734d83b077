// Signatures alone, without a token around them: as the RFCs publish them, and where implementations differ.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { root } from "../../harness/process.mjs";

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const cases = (name) => JSON.parse(readFileSync(join(root, "tests/vectors/ed25519", name), "utf8"));

/** The package does not show its arithmetic: it is taken from the source. */
async function loadPublicKey() {
  const entryPoints = [join(root, "verifier-wasm/js/src/plain/ed25519.ts")];
  const { outputFiles } = await build({ entryPoints, bundle: true, format: "esm", write: false });
  const { PublicKey } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`
  );
  return PublicKey;
}

test("the signatures of RFC 8032 and RFC 8037 hold, and no longer with one bit changed", async () => {
  const PublicKey = await loadPublicKey();
  for (const { name, key, message, signature } of cases("rfc.json")) {
    const known = PublicKey.fromBytes(bytes(key));
    const good = bytes(signature);
    assert.equal(known.verify(bytes(message), good), true, name);
    for (const at of [0, 31, 32, 63]) {
      const bad = good.slice();
      bad[at] ^= 1;
      assert.equal(known.verify(bytes(message), bad), false, `${name}, byte ${at}`);
    }
  }
});

test("the twelve kinds on which implementations differ are decided as strictly as in wasm", async () => {
  const PublicKey = await loadPublicKey();
  for (const { what, key, message, signature, accepted } of cases("speccheck.json")) {
    const found = PublicKey.fromBytes(bytes(key))?.verify(bytes(message), bytes(signature)) ?? false;
    assert.equal(found, accepted, what);
  }
});
