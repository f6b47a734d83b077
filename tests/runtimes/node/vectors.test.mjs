// The vectors in Node.
import { createVerifier } from "@shelflife/verifier";
import { testVectorsIn } from "../expect.mjs";
import { report } from "../vectors.mjs";

testVectorsIn("Node", (vectors) => report(createVerifier, vectors));
