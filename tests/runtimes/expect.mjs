// The other half of vectors.mjs, always in Node: reads the files, and holds what a runtime reported against them.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../harness/process.mjs";

const FOLDER = join(root, "tests/vectors");

/** Every vector, in the order of their names. */
export function readVectors() {
  const folders = readdirSync(FOLDER, { withFileTypes: true }).filter(
    (it) => it.isDirectory() && it.name !== "ed25519",
  );
  return folders
    .flatMap(({ name }) => readdirSync(join(FOLDER, name)).map((file) => join(FOLDER, name, file)))
    .sort()
    .map((path) => JSON.parse(readFileSync(path, "utf8")));
}

/** Declares the tests of one runtime. `run` takes the vectors and resolves with what `report` in vectors.mjs gave there. */
export function testVectorsIn(runtime, run) {
  test(`${runtime}: every vector gets its verdict`, async (t) => {
    const vectors = readVectors();
    assert.ok(vectors.length > 700, `${vectors.length} vectors`);
    const { judged, odd } = await run(vectors);
    assert.equal(judged.length, vectors.length);
    for (const [at, { name, what, expected }] of vectors.entries()) {
      assert.equal(judged[at].name, name);
      await t.test(name, () => assert.deepEqual(judged[at].found, [expected], what));
    }
    for (const { name, found, expected } of odd) {
      await t.test(`beyond JSON: ${name}`, () => assert.deepEqual(found, [expected]));
    }
  });
}
