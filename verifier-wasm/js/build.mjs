// Makes dist/, the npm package, from src/ and from what wasm-bindgen generated (SHELFLIFE_BINDGEN_DIR).
// Called by `cargo xtask wasm`; writes into a fresh folder and swaps it in at the end, so that dist/ is whole or old.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const generated = process.env.SHELFLIFE_BINDGEN_DIR;
if (!generated) throw new Error("SHELFLIFE_BINDGEN_DIR is not set: run `cargo xtask wasm`");

const fresh = join(here, "dist.new");
const dist = join(here, "dist");
rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh);

const wasmFile = join(generated, "shelflife_verifier_wasm_bg.wasm");
const wasm = readFileSync(wasmFile);
cpSync(wasmFile, join(fresh, "verifier.wasm"));

function sources(entries) {
  return Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(here, "src", file)]));
}

/** What wasm-bindgen generated, with the two functions exported that instantiate by hand; unused ones are shaken off. */
const bindgen = {
  name: "bindgen",
  setup(build) {
    build.onResolve({ filter: /^shelflife-bindgen$/ }, () => ({
      path: "bindgen",
      namespace: "bindgen",
      sideEffects: false,
    }));
    build.onLoad({ filter: /.*/, namespace: "bindgen" }, () => {
      const glue = readFileSync(join(generated, "shelflife_verifier_wasm.js"), "utf8");
      return { contents: `${glue}\nexport { __wbg_get_imports, __wbg_finalize_init };\n`, loader: "js" };
    });
  },
};

/** The wasm file as a module that exports its bytes in base64: as they are, or deflated, for what travels to a page. */
const bytes = {
  name: "bytes",
  setup(build) {
    const forms = { "shelflife-wasm-bytes": wasm, "shelflife-wasm-deflated": deflateRawSync(wasm, { level: 9 }) };
    build.onResolve({ filter: /^shelflife-wasm-/ }, ({ path }) => ({ path, namespace: "bytes" }));
    build.onLoad({ filter: /.*/, namespace: "bytes" }, ({ path }) => ({ contents: forms[path], loader: "base64" }));
  },
};

const entries = {
  index: "entries/default.ts",
  browser: "entries/browser.ts",
  workerd: "entries/workerd.ts",
  "edge-light": "entries/edge-light.ts",
  // What the browser entry loads where wasm is forbidden; a file of its own, so that other pages do not pay for it.
  plain: "entries/plain.ts",
  edge: "edge/index.ts",
};
const options = {
  outdir: fresh,
  bundle: true,
  format: "esm",
  target: "es2022",
  // Neutral: no entry may reach for a file system or a DOM of its own accord.
  platform: "neutral",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  // The gate asks for the package by its own name, so that the runtime's entry is chosen as for everybody else.
  external: ["./verifier.wasm", "./verifier.wasm?module", "./plain.js", "@shelflife/verifier"],
  plugins: [bindgen, bytes],
  logLevel: "warning",
};
await build({ ...options, entryPoints: sources(entries) });
// The session client has a size to keep, so it is shipped as it is measured: with short names.
const session = { session: "session/index.ts" };
await build({ ...options, minify: true, entryPoints: sources(session) });

for (const name of Object.keys({ ...entries, ...session })) {
  const text = readFileSync(join(fresh, `${name}.js`), "utf8");
  for (const trap of ['new URL("', "import.meta", "instanceof WebAssembly.Module", "readFileSync"]) {
    if (text.includes(trap)) throw new Error(`dist/${name}.js contains \`${trap}\`, which breaks bundlers`);
  }
}

const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
const types = ["--declaration", "--emitDeclarationOnly", "--stripInternal", "--outDir", join(fresh, "types")];
execFileSync(process.execPath, [tsc, "-p", here, ...types], { stdio: "inherit" });
writeFileSync(join(fresh, "index.d.ts"), 'export * from "./types/entries/default.js";\n');
writeFileSync(join(fresh, "edge.d.ts"), 'export * from "./types/edge/index.js";\n');
writeFileSync(join(fresh, "session.d.ts"), 'export * from "./types/session/index.js";\n');

const {
  private: _private,
  scripts: _scripts,
  devDependencies: _dev,
  ...manifest
} = JSON.parse(readFileSync(join(here, "package.json"), "utf8").replaceAll("./dist/", "./"));
const published = { ...manifest, main: "./index.js", types: "./index.d.ts" };
writeFileSync(join(fresh, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
for (const file of ["LICENSE-MIT", "LICENSE-APACHE"]) cpSync(join(root, file), join(fresh, file));
cpSync(join(here, "README.md"), join(fresh, "README.md"));

rmSync(dist, { recursive: true, force: true });
renameSync(fresh, dist);
