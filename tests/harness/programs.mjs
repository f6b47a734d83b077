// Deno and Bun, as npm brings them.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./process.mjs";

const PATIENCE_MS = 120_000;

/** Path of a program that an npm package brought. */
function program(name) {
  const path = join(root, "node_modules/.bin", name);
  if (!existsSync(path)) throw new Error(`${name} is not there: run \`cargo xtask test\`, or \`npm ci\``);
  return path;
}

/** Runs a program of npm to its end and gives what it printed; anything but success is an error with what it complained of. */
export function runProgram(name, args, { cwd = root, input = "" } = {}) {
  return new Promise((resolve, reject) => {
    // Nobody's settings, no update check, and a program that hangs is ended.
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
    const options = { cwd, env, timeout: PATIENCE_MS, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(program(name), args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${name} ${args.join(" ")} failed: ${error.message}\n${stderr}`));
      else resolve(stdout);
    });
    child.stdin.on("error", () => {}).end(input);
  });
}
