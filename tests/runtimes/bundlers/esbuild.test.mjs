// The package in esbuild, for a page and for Node.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { assertAnswers, makeQuestion, printingMain, project } from "../loading.mjs";
import { assertBuilt, PAGE, pageMain } from "./built.mjs";

const bundle = (folder, platform) =>
  build({
    entryPoints: [join(folder, "main.mjs")],
    outfile: join(folder, "dist/main.mjs"),
    bundle: true,
    minify: true,
    format: "esm",
    platform,
    logLevel: "error",
  });

test("the README's lines run in a page that esbuild built", async (t) => {
  const folder = project(t, { "main.mjs": pageMain(makeQuestion()), "dist/index.html": PAGE });
  await bundle(folder, "browser");
  await assertBuilt(join(folder, "dist"));
});

test("the README's lines run in Node, bundled by esbuild", async (t) => {
  const folder = project(t, { "main.mjs": printingMain() });
  await bundle(folder, "node");
  const printed = execFileSync(process.execPath, [join(folder, "dist/main.mjs")], { encoding: "utf8" });
  assertAnswers(JSON.parse(printed));
});
