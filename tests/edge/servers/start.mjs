// Starting the site in each runtime.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { root, startListening, startProgram } from "../../harness/process.mjs";

const server = (name) => `tests/edge/servers/${name}.mjs`;

function program(name) {
  const path = join(root, "node_modules/.bin", name);
  if (!existsSync(path)) throw new Error(`${name} is not there: run \`cargo xtask test\`, or \`npm ci\``);
  return path;
}

export function inNode(options) {
  return startListening("the site in Node", process.execPath, [server("node"), JSON.stringify(options)]);
}

export function inDeno(options) {
  const rights = ["--no-prompt", "--no-remote", "--node-modules-dir=manual", "--allow-net=127.0.0.1"];
  const args = ["run", ...rights, server("deno"), JSON.stringify(options)];
  return startListening("the site in Deno", program("deno"), args, { DENO_NO_UPDATE_CHECK: "1" });
}

export function inBun(options) {
  return startListening("the site in Bun", program("bun"), [server("bun"), JSON.stringify(options)]);
}

/** `cache`: address of a cache server (see harness/cache.mjs) behind `caches.default`. */
export async function inWorkerd(options, { cache } = {}) {
  // A CommonJS package: what it exports is the default of the import, and the path is the default of that.
  const { default: workerd } = await import("workerd");
  const folder = mkdtempSync(join(tmpdir(), "shelflife-site-"));
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [server("worker")],
    bundle: true,
    format: "esm",
    conditions: ["workerd"],
    external: ["*.wasm"],
    write: false,
  });
  writeFileSync(join(folder, "worker.js"), outputFiles[0].contents);
  writeFileSync(join(folder, "verifier.wasm"), readFileSync(join(root, "verifier-wasm/js/dist/verifier.wasm")));
  writeFileSync(join(folder, "worker.capnp"), configuration(cache));
  const child = await startProgram(
    "the site in workerd",
    workerd.default,
    ["serve", "worker.capnp", "--socket-addr=http=127.0.0.1:0", "--control-fd=3"],
    {
      cwd: folder,
      env: { OPTIONS: JSON.stringify(options) },
      // One JSON object a line on the control descriptor; the port is in the one about the socket.
      readyWhen: (said) => /"event":"listen","socket":"http","port":(\d+)/.exec(said)?.[1],
    },
  );
  const stop = async () => {
    await child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: `http://127.0.0.1:${child.ready}`, said: child.said, stop };
}

function configuration(cache) {
  const outbound = cache === undefined ? "" : 'cacheApiOutbound = "cache", ';
  const external =
    cache === undefined ? "" : `(name = "cache", external = (address = "${new URL(cache).host}", http = ())),`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "site", worker = .site),
    ${external}
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "site")],
);
const site :Workerd.Worker = (
  compatibilityDate = "2026-11-01", ${outbound}
  modules = [(name = "worker.js", esModule = embed "worker.js"), (name = "verifier.wasm", wasm = embed "verifier.wasm")],
  bindings = [(name = "OPTIONS", fromEnvironment = "OPTIONS")],
);
`;
}
