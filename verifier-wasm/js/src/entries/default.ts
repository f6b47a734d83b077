// Node, Deno, Bun and whatever comes: the bytes are in the bundle, so there is no file to find and no URL to resolve.
import bytes from "shelflife-wasm-bytes";
import { inlined } from "../inlined.js";
import { once } from "../once.js";
import { verifierFactory } from "../verifier.js";
import { fromBytesAtOnce } from "../wasm.js";

export * from "../public.js";
export const createVerifier = verifierFactory(once(async () => fromBytesAtOnce(inlined(bytes))));
