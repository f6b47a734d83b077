// Processes of a test: started on port 0, ended by their own pid, never left behind.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

const PATIENCE_MS = 30_000;
const running = new Set();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Settings of the person who runs the tests must not change what is tested. */
function cleanEnvironment(extra) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("SHELFLIFE_") && name !== "ORIGIN");
  return { ...Object.fromEntries(kept), ...extra };
}

/** Starts a program and waits until it says `listening on http://...`. */
export async function startListening(name, program, args, env = {}) {
  const readyWhen = (said) => /^listening on (http:\/\/\S+?)\/?$/m.exec(said)?.[1];
  const { ready, said, stop } = await startProgram(name, program, args, { env, readyWhen });
  return { url: ready, said, stop };
}

/** Starts a program and waits until `readyWhen` finds something in what it said, also on a third descriptor. */
export async function startProgram(name, program, args, { cwd = root, env = {}, readyWhen }) {
  const child = spawn(program, args, { cwd, env: cleanEnvironment(env), stdio: ["ignore", "pipe", "pipe", "pipe"] });
  running.add(child);
  let said = "";
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(`could not be started: ${error.message}`));
    child.once("exit", (code, signal) => resolve(`ended with ${signal ?? code}`));
  }).finally(() => running.delete(child));
  const found = new Promise((resolve) => {
    for (const stream of child.stdio.slice(1)) {
      stream.setEncoding("utf8").on("data", (text) => {
        said += text;
        const ready = readyWhen(said);
        if (ready !== undefined) resolve({ ready });
      });
    }
  });
  const outcome = await Promise.race([found, ended, afterMs(PATIENCE_MS)]);
  if (outcome?.ready === undefined) {
    child.kill("SIGKILL");
    throw new Error(`${name} ${outcome ?? "did not say that it is ready"}:\n${said}`);
  }
  return { ready: outcome.ready, said: () => said, stop: () => stop(child, ended) };
}

/** Asks a child to end and waits for it; twice is once. */
async function stop(child, ended) {
  child.kill("SIGTERM");
  const late = await Promise.race([ended.then(() => false), afterMs(5_000).then(() => true)]);
  if (late) child.kill("SIGKILL");
  await ended;
}

/**
 * Waits for things that are being started side by side, and gives them all. When one of them fails the others are ended before that
 * is told: a browser or a server that is left open would hold up the file until its time is over.
 */
export async function allStarted(...starting) {
  const outcomes = await Promise.allSettled(starting);
  const failed = outcomes.find(({ status }) => status === "rejected");
  if (failed === undefined) return outcomes.map(({ value }) => value);
  for (const { value } of outcomes) await (value?.stop?.() ?? value?.close?.());
  throw failed.reason;
}

/** Resolves with nothing; does not keep the process alive. */
function afterMs(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** Waits, as real time passes for the issuer and the gate as well. */
export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits for a condition, which may be asynchronous, and gives what it gave. */
export async function until(condition, what = String(condition), patience = PATIENCE_MS) {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(20);
  }
}
