// Browsers: the bytes are in the bundle too, so that a page judges its token with no request but the one for itself.
// Deflated, because base64 of plain bytes compresses badly on the way.
import deflated from "shelflife-wasm-deflated";
import type { Engine } from "../engine.js";
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
      return withoutWasm(error);
    }
  }),
);

/** Where the page's Content-Security-Policy forbids wasm, or the browser has none, plain JavaScript judges. */
async function withoutWasm(cause: unknown): Promise<Engine> {
  try {
    // A file beside this one: every bundler keeps it as a chunk, or takes it in.
    const { plainEngine } = await import("./plain.js");
    return plainEngine;
  } catch (error) {
    throw new Error(
      "WebAssembly cannot be used on this page, and `plain.js`, which would stand in for it, cannot be loaded. " +
        "If the page has a Content-Security-Policy, add 'wasm-unsafe-eval' to script-src, or let it load that file.",
      { cause: new AggregateError([cause, error]) },
    );
  }
}

function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer();
}
