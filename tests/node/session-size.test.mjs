// What the session client costs a page: bytes on the way, and no other package.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { root } from "../harness/process.mjs";

const LIMIT = 7 * 1024;
const client = readFileSync(join(root, "verifier-wasm/js/dist/session.js"));

test(`the session client alone has at most ${LIMIT} bytes after gzip -9`, (t) => {
  const { length } = gzipSync(client, { level: 9 });
  t.diagnostic(`session.js: ${client.length} bytes, ${length} after gzip -9 (limit ${LIMIT})`);
  assert.ok(length <= LIMIT, `${length} bytes after gzip -9, more than ${LIMIT}`);
});

test("the session client imports nothing", () => {
  assert.doesNotMatch(client.toString("utf8"), /\bimport\b|\brequire\b/);
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, "verifier-wasm/js/package.json"), "utf8"));
  assert.deepEqual(dependencies, {});
});
