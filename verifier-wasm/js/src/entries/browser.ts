// Browsers: the bytes are in the bundle too, so that a page judges its token with no request but the one for itself.
// Deflated, because base64 of plain bytes compresses badly on the way.
import deflated from "shelflife-wasm-deflated";
import { inlined } from "../inlined.js";
import { once } from "../once.js";
import { verifierFactory } from "../verifier.js";
import { fromBytes } from "../wasm.js";

export * from "../public.js";
export const createVerifier = verifierFactory(
  once(async () => {
    try {
      return await fromBytes(await inflate(inlined(deflated)));
    } catch (error) {
      throw new Error(
        "WebAssembly cannot be used on this page. If it has a Content-Security-Policy, add 'wasm-unsafe-eval' to script-src.",
        { cause: error },
      );
    }
  }),
);

function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer();
}
