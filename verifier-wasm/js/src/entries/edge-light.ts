// Vercel and Next.js edge functions: as for Workers, but the bundler wants to be told that the import is a module.

import { verifierFactory } from "../verifier.js";
import { fromModule } from "../wasm.js";
import module from "./verifier.wasm?module";

export * from "../public.js";

let engine: ReturnType<typeof fromModule> | undefined;
export const createVerifier = verifierFactory(() => {
  engine ??= fromModule(module);
  return engine;
});
