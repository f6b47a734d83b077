// The gate from the packed package, through bundlers that nobody configured: it finds its verifier by the package's own name.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { build as buildWithVite } from "vite";
import webpack from "webpack";
import { makeQuestion, project } from "../../runtimes/loading.mjs";

const { jwks, tokens } = makeQuestion();

const MAIN = `import { createGate, withGate } from "@shelflife/verifier/edge";
const policy = { routes: [], otherwise: {} };
const gate = createGate({ issuer: "https://id.example.com", audience: "api", jwks: ${JSON.stringify(jwks)}, policy });
const handler = withGate(gate, (request, claims) => new Response(claims.sub));
const answers = ${JSON.stringify(tokens.slice(0, 3))}.map((token) =>
  handler(new Request("https://api.test/", { headers: { authorization: "Bearer " + token } })));
Promise.all(answers).then(async (answers) => console.log(answers[0].status, await answers[0].text(), answers[1].status, answers[2].status));
`;

function assertRuns(file) {
  assert.equal(execFileSync(process.execPath, [file], { encoding: "utf8" }).trim(), "200 ada 401 401");
}

const files = () => ({ "main.mjs": MAIN });

test("the gate runs in Node as it is installed", (t) => assertRuns(join(project(t, files()), "main.mjs")));

test("the gate runs in Node, bundled by esbuild", async (t) => {
  const folder = project(t, files());
  const outfile = join(folder, "dist/main.mjs");
  await build({
    entryPoints: [join(folder, "main.mjs")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "error",
  });
  assertRuns(outfile);
});

test("the gate is bundled for workerd with the wasm file as a module and nothing inlined", async (t) => {
  const folder = project(t, files());
  const { outputFiles, metafile } = await build({
    entryPoints: [join(folder, "main.mjs")],
    bundle: true,
    format: "esm",
    conditions: ["workerd"],
    external: ["*.wasm"],
    metafile: true,
    write: false,
  });
  const inputs = Object.keys(metafile.inputs).map((path) => path.split("/").at(-1));
  assert.deepEqual(inputs.sort(), ["edge.js", "main.mjs", "workerd.js"]);
  assert.match(outputFiles[0].text, /from "[^"]*verifier\.wasm"/);
});

test("the gate runs in Node, bundled by webpack", async (t) => {
  const folder = project(t, files());
  const output = { path: join(folder, "dist"), filename: "bundle.cjs" };
  const compiler = webpack({ context: folder, entry: "./main.mjs", mode: "production", target: "node", output });
  const stats = await new Promise((resolve, reject) =>
    compiler.run((error, result) => compiler.close(() => (error ? reject(error) : resolve(result)))),
  );
  const { errors, warnings } = stats.toJson({ errors: true, warnings: true });
  assert.deepEqual([errors, warnings], [[], []]);
  assertRuns(join(folder, "dist/bundle.cjs"));
});

test("the gate runs in Node, bundled by Vite", async (t) => {
  const folder = project(t, files());
  await buildWithVite({
    root: folder,
    configFile: false,
    logLevel: "error",
    ssr: { noExternal: true },
    build: { ssr: "main.mjs", outDir: "dist" },
  });
  assertRuns(join(folder, "dist/main.js"));
});
