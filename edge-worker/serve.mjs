// Starts the gate in workerd, as it would run at the edge, on an address of this machine.
//
//   node serve.mjs [--listen 127.0.0.1:8787]
//
// The bindings come from the environment: SHELFLIFE_ISSUER, SHELFLIFE_AUDIENCE, SHELFLIFE_JWKS (may be empty), ORIGIN.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = fileURLToPath(new URL(".", import.meta.url));
const START_TIMEOUT_MS = 30_000;

/** Says what is wrong in one line and leaves. */
function fail(message) {
  process.stderr.write(`edge-worker: ${message}\n`);
  process.exit(1);
}

function readArguments() {
  try {
    const { values } = parseArgs({ options: { listen: { type: "string", default: "127.0.0.1:0" } } });
    const [, host, port] = /^(\[[0-9a-f:]+\]|[^:[\]]+):(\d{1,5})$/i.exec(values.listen) ?? [];
    if (port === undefined || Number(port) > 65_535) fail(`--listen wants HOST:PORT, not ${values.listen}`);
    return { host, port };
  } catch (error) {
    return fail(error.message);
  }
}

/** Path of the workerd binary that npm installed for this machine. */
async function workerdPath() {
  try {
    // A CommonJS package: what it exports is the default of the import, and the path is the default of that.
    const { default: workerd } = await import("workerd");
    if (existsSync(workerd.default)) return workerd.default;
  } catch {
    // Told below: an import error names files, not what to do.
  }
  return fail("workerd is not installed for this machine. Run `npm install` in the root of the repository.");
}

function checkReady() {
  for (const name of ["SHELFLIFE_ISSUER", "SHELFLIFE_AUDIENCE", "ORIGIN"]) {
    if (!process.env[name]) fail(`the variable ${name} is not set`);
  }
  for (const file of ["worker.js", "verifier.wasm"]) {
    if (!existsSync(join(here, "dist", file))) fail(`dist/${file} is missing. Run \`node build.mjs\` first.`);
  }
}

/** workerd must not outlive this process, even when it is killed outright: a shell waits on our pipe and cleans up. */
function startWatchdog(pid) {
  if (process.platform === "win32") return undefined;
  const script = 'read -r _; kill "$1" 2>/dev/null';
  return spawn("/bin/sh", ["-c", script, "watchdog", String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
}

/** Resolves with the port once workerd reports it on the control descriptor; rejects when workerd ends first. */
function portOf(workerd, errors) {
  return new Promise((resolve, reject) => {
    let text = "";
    workerd.stdio[3].on("data", (chunk) => {
      text += chunk;
      for (const line of text.split("\n").slice(0, -1)) {
        const message = JSON.parse(line);
        if (message.event === "listen" && message.socket === "http") resolve(message.port);
      }
      text = text.slice(text.lastIndexOf("\n") + 1);
    });
    workerd.on("error", (error) => reject(new Error(`workerd could not be started: ${error.message}`)));
    workerd.on("exit", (code, signal) =>
      reject(new Error(`workerd ended (${signal ?? code}). ${errors.join("").trim()}`)),
    );
    setTimeout(() => reject(new Error("workerd did not start in time")), START_TIMEOUT_MS).unref();
  });
}

/** The gate answers an ambiguous path by itself, so this says nothing about the origin and costs it nothing. */
async function waitUntilItAnswers(address, errors) {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const answer = await fetch(`${address}/%00`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    if (answer?.status === 400) return;
    if (answer !== undefined) throw new Error(`the gate answers ${answer.status}. ${errors.join("").trim()}`);
    if (Date.now() > deadline) throw new Error("the gate does not answer");
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

function explain(message, { host, port }) {
  if (/address already in use|EADDRINUSE/i.test(message)) return `port ${port} on ${host} is taken by another program`;
  return message;
}

async function main() {
  const listen = readArguments();
  checkReady();
  const binary = await workerdPath();
  const parent = process.ppid;

  const workerd = spawn(
    binary,
    ["serve", "workerd.capnp", `--socket-addr=http=${listen.host}:${listen.port}`, "--control-fd=3"],
    { cwd: here, stdio: ["ignore", "inherit", "pipe", "pipe"] },
  );
  const watchdog = workerd.pid === undefined ? undefined : startWatchdog(workerd.pid);
  const errors = []; // what workerd said before it was ready
  let started = false;
  workerd.stderr.on("data", (chunk) => (started ? process.stderr.write(chunk) : errors.push(String(chunk))));

  let leaving = false;
  const leave = (code) => {
    if (leaving) return;
    leaving = true;
    watchdog?.kill("SIGKILL");
    workerd.once("exit", () => process.exit(code));
    if (workerd.exitCode !== null || workerd.signalCode !== null || !workerd.kill("SIGTERM")) process.exit(code);
    setTimeout(() => workerd.kill("SIGKILL"), 3_000);
  };
  process.on("SIGINT", () => leave(0));
  process.on("SIGTERM", () => leave(0));
  process.on("SIGHUP", () => leave(0));
  // A parent that was killed cannot send a signal: being handed to another parent is the only sign of it.
  setInterval(() => process.ppid !== parent && leave(0), 500).unref();

  try {
    const address = `http://${listen.host}:${await portOf(workerd, errors)}`;
    await waitUntilItAnswers(address, errors);
    started = true;
    process.stderr.write(errors.join(""));
    process.stdout.write(`listening on ${address}\n`);
    workerd.on("exit", (code, signal) => {
      if (leaving) return;
      process.stderr.write(`edge-worker: workerd ended (${signal ?? code})\n`);
      leave(1);
    });
  } catch (error) {
    if (leaving) return;
    process.stderr.write(`edge-worker: ${explain(error.message, listen)}\n`);
    leave(1);
  }
}

await main();
