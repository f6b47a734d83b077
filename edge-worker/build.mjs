// Bundles the Worker into dist/worker.js and puts the compiled verifier beside it, as workerd and wrangler want it.
import { copyFile, mkdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = join(here, "dist");

/** Workers take WebAssembly as a module import only: it stays an import, and the file is copied to where it points. */
const wasmAsModule = {
  name: "wasm-as-module",
  setup(bundler) {
    bundler.onResolve({ filter: /\.wasm$/ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === "resolved") return undefined;
      const found = await bundler.resolve(path, { importer, resolveDir, kind, pluginData: "resolved" });
      if (found.errors.length > 0) return { errors: found.errors };
      await copyFile(found.path, join(dist, basename(found.path)));
      return { path: `./${basename(found.path)}`, external: true };
    });
  },
};

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: ["src/worker.ts"],
  outfile: "dist/worker.js",
  bundle: true,
  format: "esm",
  target: "es2023",
  conditions: ["workerd", "worker"],
  plugins: [wasmAsModule],
  logLevel: "warning",
});
console.log(`built ${join("edge-worker", "dist", "worker.js")}`);
