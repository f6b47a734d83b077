// Cloudflare Workers: compiled at deploy time and instantiated synchronously, because here no promise may be shared
// between requests. The package needs no setting; wrangler and workerd import the module as it is.

import { verifierFactory } from "../verifier.js";
import { fromModule } from "../wasm.js";
import module from "./verifier.wasm";

export * from "../public.js";

let engine: ReturnType<typeof fromModule> | undefined;
export const createVerifier = verifierFactory(() => {
  engine ??= fromModule(module);
  return engine;
});
