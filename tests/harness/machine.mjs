// The session's state machine by itself. It is no export of the package, so it is bundled from its source.
import { join } from "node:path";
import { buildSync } from "esbuild";
import { root } from "./process.mjs";

const { outputFiles } = buildSync({
  entryPoints: [join(root, "verifier-wasm/js/src/session/machine.ts")],
  bundle: true,
  format: "esm",
  write: false,
});
export const { step, table, initial } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
);
