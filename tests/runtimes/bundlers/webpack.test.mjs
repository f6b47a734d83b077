// The package in webpack, for a page and for Node.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import webpack from "webpack";
import { assertAnswers, makeQuestion, printingMain, project } from "../loading.mjs";
import { assertBuilt, pageMain } from "./built.mjs";

/** Bundles `main.mjs`; a warning is a failure, because a user would see it too. */
async function bundle(folder, target) {
  const options = { context: folder, entry: "./main.mjs", mode: "production", target };
  const output = { path: join(folder, "dist"), filename: "bundle.cjs" };
  const compiler = webpack({ ...options, output, performance: { hints: false } });
  const stats = await new Promise((resolve, reject) =>
    compiler.run((error, result) => compiler.close(() => (error ? reject(error) : resolve(result)))),
  );
  const { errors, warnings } = stats.toJson({ errors: true, warnings: true });
  assert.deepEqual([errors, warnings], [[], []]);
  return output.path;
}

test("the README's lines run in a page that webpack built", async (t) => {
  const page = '<!doctype html><title>gate</title><script src="/bundle.js"></script>';
  const folder = project(t, { "main.mjs": pageMain(makeQuestion()), "dist/index.html": page });
  const built = await bundle(folder, "web");
  copyFileSync(join(built, "bundle.cjs"), join(built, "bundle.js"));
  await assertBuilt(built);
});

test("the README's lines run in Node, bundled by webpack", async (t) => {
  const main = `(async () => {${printingMain().replaceAll(/^import (\{.*\}) from (.*);$/gm, "const $1 = await import($2);")}})();`;
  const folder = project(t, { "main.mjs": main });
  const built = await bundle(folder, "node");
  assertAnswers(JSON.parse(execFileSync(process.execPath, [join(built, "bundle.cjs")], { encoding: "utf8" })));
});
