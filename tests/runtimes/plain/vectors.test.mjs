// The vectors in the judge without wasm.
import { testVectorsIn } from "../expect.mjs";
import { report } from "../vectors.mjs";
import { createPlainVerifier } from "./plain.mjs";

testVectorsIn("Node without WebAssembly", (vectors) => report(createPlainVerifier, vectors));
