// The package in an edge route of Next.js: built, started, asked. Nothing is configured for it. By Turbopack, the
// bundler Next takes unasked: with `--webpack`, Next 16.4 builds no edge route at all, not even an empty one.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root, startProgram } from "../../harness/process.mjs";
import { assertAnswers, makeQuestion, project } from "../loading.mjs";

const NEXT = join(root, "node_modules/next/dist/bin/next");

const ROUTE = `import { ask } from "../../ask.mjs";
import { gate } from "../../gate.mjs";
export const runtime = "edge";
export async function POST(request) {
  // Which entry it is: only this one runs where the edge runtime says its name.
  return Response.json({ runtime: globalThis.EdgeRuntime, answers: await ask(gate, await request.json()) });
}
`;

const LAYOUT = "export default ({ children }) => children;\n";

/** Below the repository, where Next finds itself; Turbopack follows no link that leads out of its folder. */
function nextProject(t) {
  mkdirSync(join(root, "target"), { recursive: true });
  const folder = mkdtempSync(join(root, "target", "next-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const made = project(t, {
    "app/gate/route.js": ROUTE,
    "app/layout.js": LAYOUT,
    // No question to the network: no telemetry, and no search for the folder that holds everything.
    "next.config.mjs": `export default { turbopack: { root: ${JSON.stringify(root)} } };\n`,
  });
  cpSync(made, folder, { recursive: true });
  return folder;
}

test("the README's lines run in an edge route of Next.js", async (t) => {
  const cwd = nextProject(t);
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
  const build = [NEXT, "build"];
  execFileSync(process.execPath, build, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const server = await startProgram("next", process.execPath, [NEXT, "start", "-p", "0", "-H", "127.0.0.1"], {
    cwd,
    env,
    // The address is printed before the server takes requests.
    readyWhen: (said) => (/Ready in/.test(said) ? /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] : undefined),
  });
  t.after(() => server.stop());
  const answer = await fetch(`${server.ready}/gate`, { method: "POST", body: JSON.stringify(makeQuestion()) });
  assert.equal(answer.status, 200, server.said());
  const { runtime, answers } = await answer.json();
  assert.equal(runtime, "edge-runtime");
  assertAnswers(answers);
});
