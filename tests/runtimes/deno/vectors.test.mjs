// The vectors in Deno.

import { runProgram } from "../../harness/programs.mjs";
import { testVectorsIn } from "../expect.mjs";

testVectorsIn("Deno", async (vectors) => {
  // It may read the packages and nothing else: no network, no environment.
  const args = [
    "run",
    "--no-prompt",
    "--no-remote",
    "--node-modules-dir=manual",
    "--allow-read",
    "tests/runtimes/shell.mjs",
  ];
  return JSON.parse(await runProgram("deno", args, { input: JSON.stringify(vectors) }));
});
