// The vectors in Bun.
import { testVectorsIn } from "../expect.mjs";
import { runProgram } from "../programs.mjs";

testVectorsIn("Bun", async (vectors) =>
  JSON.parse(await runProgram("bun", ["tests/runtimes/shell.mjs"], { input: JSON.stringify(vectors) })),
);
