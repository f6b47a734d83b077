// The types of the package, as TypeScript finds them in either way of looking for modules.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../harness/process.mjs";
import { gateModule, project } from "../loading.mjs";

const PARAMETERS = "request: Request, jwks: JsonWebKeySet";
const TYPED = gateModule({
  parameters: PARAMETERS,
  importing: (line) => `${line}\nimport type { JsonWebKeySet } from "@shelflife/verifier";`,
});

function check(t, options, source = TYPED) {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: "es2022",
    lib: ["es2022", "dom"],
    types: [],
    ...options,
  };
  const folder = project(t, {
    "gate.ts": source,
    "tsconfig.json": JSON.stringify({ compilerOptions, files: ["gate.ts"] }),
  });
  const { status, stdout, stderr } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", "."], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, said: stdout + stderr };
}

for (const [name, options] of [
  ["bundler", { module: "esnext", moduleResolution: "bundler" }],
  ["nodenext", { module: "nodenext", moduleResolution: "nodenext" }],
  [
    "nodenext, looking into libraries too",
    { module: "nodenext", moduleResolution: "nodenext", skipLibCheck: false, exactOptionalPropertyTypes: true },
  ],
]) {
  test(`the README's lines have their types with moduleResolution ${name}`, (t) => {
    const { status, said } = check(t, options);
    assert.equal(status, 0, said);
  });
}

test("a mistake in them is found: the types are not any", (t) => {
  const { status, said } = check(
    t,
    { module: "nodenext" },
    TYPED.replace("verifier.verify(token)", "verifier.verify(1)"),
  );
  assert.notEqual(status, 0);
  assert.match(said, /TS2345/);
});
