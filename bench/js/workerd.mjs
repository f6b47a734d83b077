// Verification in workerd, timed from outside: a request that verifies many tokens, less one that only lists them.
//
//   node workerd.mjs TOKENS STOCK FOLDER ROUNDS OUT
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
// A CommonJS package: what it exports is the default of the import, and the path is the default of that.
import workerd, { compatibilityDate, version } from "workerd";

/** Tokens of one turn: enough that the request around them weighs little. */
const TURN = 1000;
const PATIENCE_MS = 30_000;

const [tokensFile, stockFolder, folder, rounds, out] = process.argv.slice(2);
const here = fileURLToPath(new URL(".", import.meta.url));

/** Workers take WebAssembly as a module import only, and it must lie where the import points. */
const beside = {
  name: "beside",
  setup(bundler) {
    bundler.onResolve({ filter: /\.(wasm|json)$/ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === "resolved") return undefined;
      const given = { "./tokens.json": tokensFile, "./stock_bg.wasm": join(stockFolder, "stock_bg.wasm") }[path];
      const found = given ?? (await bundler.resolve(path, { importer, resolveDir, kind, pluginData: "resolved" })).path;
      copyFileSync(found, join(folder, basename(path)));
      return { path, external: true };
    });
  },
};

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "bench", worker = .bench)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "bench")],
);
const bench :Workerd.Worker = (
  compatibilityDate = "${compatibilityDate}",
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "verifier.wasm", wasm = embed "verifier.wasm"),
    (name = "stock_bg.wasm", wasm = embed "stock_bg.wasm"),
    (name = "tokens.json", json = embed "tokens.json"),
  ],
);
`;

async function bundle() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: [join(here, "worker.mjs")],
    outfile: join(folder, "worker.js"),
    bundle: true,
    format: "esm",
    target: "es2023",
    conditions: ["workerd", "worker"],
    alias: { "bench-stock": join(stockFolder, "stock.js") },
    plugins: [beside],
    logLevel: "warning",
  });
  writeFileSync(join(folder, "config.capnp"), CONFIG);
}

/** Starts workerd and resolves with it and its port, which it reports on the control descriptor. */
function start() {
  const child = spawn(workerd.default, ["serve", "config.capnp", "--control-fd=3"], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  process.on("exit", () => child.kill("SIGKILL"));
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdio[3].on("data", (chunk) => {
      text += chunk;
      const listening = text.split("\n").find((line) => line.includes('"listen"'));
      if (listening) resolve({ child, port: JSON.parse(listening).port });
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => reject(new Error(`workerd ended (${signal ?? code})`)));
    setTimeout(() => reject(new Error("workerd did not start in time")), PATIENCE_MS).unref();
  });
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function ask(port, path) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    get({ host: "127.0.0.1", port, path, agent }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      answer.on("error", reject).on("end", () => {
        if (answer.statusCode !== 200) return reject(new Error(`${path} answered ${answer.statusCode}: ${text}`));
        return resolve({ body: JSON.parse(text), micros: (performance.now() - started) * 1000 });
      });
    }).on("error", reject);
  });
}

await bundle();
const { child, port } = await start();
const { body: names } = await ask(port, "/names");
const results = Object.fromEntries(names.map((name) => [name, { wall: [] }]));
for (let round = 0; round <= Number(rounds); round += 1) {
  for (let turn = 0; turn < names.length; turn += 1) {
    const who = (round + turn) % names.length;
    const path = `/turn?who=${who}&from=${round * TURN}&count=${TURN}`;
    const empty = await ask(port, path);
    const full = await ask(port, `${path}&verify`);
    if (round === 0) continue; // warms up
    results[names[who]].wall.push((full.micros - empty.micros) / full.body.inputs);
  }
}
const { body: statistics } = await ask(port, "/statistics");
agent.destroy();
child.kill("SIGTERM");
writeFileSync(out, JSON.stringify({ runtime: `workerd ${version}`, results, statistics }));
