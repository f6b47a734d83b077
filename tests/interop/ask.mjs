// Asks every library of every registry; what they say is data.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../harness/process.mjs";

/** Installing and building may take minutes on a machine that does it for the first time. */
const PATIENCE_MS = 900_000;
const here = join(root, "tests/interop");
/** What is built and installed for this stays out of the way of everything else. */
const work = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "interop");

/** The libraries of crates.io, in a program of their own that cargo builds. */
export function askCrates(question) {
  const manifest = join(here, "crates/Cargo.toml");
  const args = ["run", "--quiet", "--locked", "--manifest-path", manifest, "--target-dir", join(work, "crates")];
  return run("cargo", args, question);
}

/** The libraries of PyPI, in an environment of their own. */
export function askPython(question) {
  const requirements = join(here, "python/requirements.txt");
  const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  const environment = join(work, "python");
  const python = join(environment, "bin/python");
  const stamp = join(environment, "installed");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
    rmSync(environment, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    execFileSync("python3", ["-m", "venv", environment], { timeout: PATIENCE_MS });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements];
    execFileSync(python, pip, { timeout: PATIENCE_MS, stdio: ["ignore", "ignore", "inherit"] });
    writeFileSync(stamp, wanted);
  }
  return run(python, ["-W", "ignore", join(here, "python/check.py")], question);
}

/** Why Python's libraries cannot be asked on this machine; nothing when they can. */
export function whyNoPython() {
  const { status, error, stderr } = spawnSync("python3", ["-c", "import ensurepip, venv"], { encoding: "utf8" });
  if (error) return "there is no python3 on this machine";
  return status === 0 ? undefined : `python3 cannot make environments here: ${stderr.trim().split("\n").at(-1)}`;
}

function run(program, args, question) {
  const options = { input: JSON.stringify(question), encoding: "utf8", timeout: PATIENCE_MS };
  // What it complains of is in the error, if it fails.
  return JSON.parse(execFileSync(program, args, { ...options, stdio: ["pipe", "pipe", "pipe"] }));
}
