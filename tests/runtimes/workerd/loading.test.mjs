// The package in workerd, bundled as wrangler does: by the condition `workerd`, wasm files left as modules of their own.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { assertAnswers, makeQuestion, project } from "../loading.mjs";
import { startWorker } from "./serve.mjs";

const WORKER = `import { gate } from "./gate.mjs";
import { ask } from "./ask.mjs";
export default {
  async fetch(request) {
    return Response.json(await ask(gate, await request.json()));
  },
};
`;

test("the README's lines run in workerd", async (t) => {
  const folder = project(t, { "worker.mjs": WORKER });
  const { outputFiles } = await build({
    entryPoints: [join(folder, "worker.mjs")],
    bundle: true,
    format: "esm",
    conditions: ["workerd"],
    external: ["*.wasm"],
    write: false,
  });
  const worker = await startWorker({
    "worker.js": outputFiles[0].text,
    "verifier.wasm": readFileSync(join(folder, "node_modules/@shelflife/verifier/verifier.wasm")),
  });
  t.after(() => worker.stop());
  const answer = await fetch(worker.url, { method: "POST", body: JSON.stringify(makeQuestion()) });
  assertAnswers(await answer.json());
});
