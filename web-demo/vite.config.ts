import { createHash } from "node:crypto";
import { defineConfig, type Plugin } from "vite";

/** Tells the service worker which files make up the page. A changed file changes the worker, and so the browser installs it. */
function shellFiles(): Plugin {
  return {
    name: "shell-files",
    generateBundle(_, bundle) {
      const files = Object.keys(bundle)
        .filter((file) => file.startsWith("assets/"))
        .sort();
      const worker = bundle["sw.js"];
      if (worker?.type !== "chunk") throw new Error("the service worker was not built");
      const version = createHash("sha256").update(files.join("\n")).digest("hex").slice(0, 12);
      const paths = files.map((file) => `/${file}`).join(" ");
      for (const [name, value] of [
        ["__SHELL_FILES__", paths],
        ["__SHELL_VERSION__", version],
      ] as const) {
        if (!worker.code.includes(name)) throw new Error(`the service worker has no ${name}`);
        worker.code = worker.code.replaceAll(name, value);
      }
    },
  };
}

export default defineConfig({
  plugins: [shellFiles()],
  build: {
    target: "es2022",
    // The page's content security policy knows neither data: URLs nor inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: "index.html", sw: "src/shell/worker.ts" },
      output: { entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js") },
    },
  },
});
