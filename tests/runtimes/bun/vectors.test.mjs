// The vectors in Bun.

import { runProgram } from "../../harness/programs.mjs";
import { testVectorsIn } from "../expect.mjs";

testVectorsIn("Bun", async (vectors) =>
  JSON.parse(await runProgram("bun", ["tests/runtimes/shell.mjs"], { input: JSON.stringify(vectors) })),
);
