// The package in Bun.
import { test } from "node:test";
import { runProgram } from "../../harness/programs.mjs";
import { assertAnswers, printingMain, project } from "../loading.mjs";

test("the README's lines run in Bun", async (t) => {
  const cwd = project(t, { "main.mjs": printingMain() });
  assertAnswers(JSON.parse(await runProgram("bun", ["main.mjs"], { cwd })));
});
