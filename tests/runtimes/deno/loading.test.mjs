// The package in Deno, with no permission at all.
import { test } from "node:test";
import { runProgram } from "../../harness/programs.mjs";
import { assertAnswers, printingMain, project } from "../loading.mjs";

test("the README's lines run in Deno without a permission", async (t) => {
  const cwd = project(t, { "main.mjs": printingMain() });
  const args = ["run", "--no-prompt", "--no-remote", "--node-modules-dir=manual", "main.mjs"];
  assertAnswers(JSON.parse(await runProgram("deno", args, { cwd })));
});
