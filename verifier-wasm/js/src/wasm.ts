import { __wbg_finalize_init, __wbg_get_imports, Verifier } from "shelflife-bindgen";
import type { Engine } from "./engine.js";
import type { Verdict } from "./verdict.js";

// The module is instantiated here and not by the generated `init`, which carries a `new URL("...wasm")`, an
// `instanceof WebAssembly.Module` and a `fetch`: each of these breaks one bundler or one runtime.

export async function fromBytes(bytes: BufferSource): Promise<Engine> {
  const { instance } = await WebAssembly.instantiate(bytes, __wbg_get_imports());
  __wbg_finalize_init(instance);
  return engine;
}

export function fromModule(module: WebAssembly.Module): Engine {
  __wbg_finalize_init(new WebAssembly.Instance(module, __wbg_get_imports()));
  return engine;
}

const engine: Engine = (issuer, audience, jwks, limits) => {
  const { maxTokenBytes, maxLifetime, clockTolerance, windowTolerance } = limits;
  const inner = new Verifier(issuer, audience, jwks, maxTokenBytes, maxLifetime, clockTolerance, windowTolerance);
  return {
    verify: (token, { now, scope, groups, maxAuthAge }) =>
      JSON.parse(inner.verify(token, now, scope, groups, maxAuthAge)) as Verdict,
    free: () => inner.free(),
  };
};
