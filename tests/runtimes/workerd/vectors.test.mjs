// The vectors in workerd, by the entry that the export condition `workerd` chooses.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../harness/process.mjs";
import { testVectorsIn } from "../expect.mjs";
import { startWorker } from "./serve.mjs";

const WORKER = `
import { createVerifier } from "./workerd.js";
import { report } from "./vectors.mjs";
export default {
  async fetch(request) {
    return Response.json(await report(createVerifier, await request.json()));
  },
};
`;

testVectorsIn("workerd", async (vectors) => {
  const dist = join(root, "verifier-wasm/js/dist");
  const worker = await startWorker({
    "worker.js": WORKER,
    "workerd.js": readFileSync(join(dist, "workerd.js"), "utf8"),
    "verifier.wasm": readFileSync(join(dist, "verifier.wasm")),
    "vectors.mjs": readFileSync(join(root, "tests/runtimes/vectors.mjs"), "utf8"),
  });
  try {
    const answer = await fetch(worker.url, { method: "POST", body: JSON.stringify(vectors) });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`the worker answered ${answer.status}: ${text}`);
    return JSON.parse(text);
  } finally {
    await worker.stop();
  }
});
