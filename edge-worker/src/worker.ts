import { createGate, type Gate } from "@shelflife/verifier/edge";
import { type Config, ConfigError, type Env, readConfig } from "./config.js";
import { forward, trouble } from "./origin.js";
import { policy } from "./policy.js";

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    try {
      const { config, gate } = prepared(env);
      return await gate.fetch(request, (passed) => forward(passed, config.origin), context);
    } catch (error) {
      // A bad token is a verdict and a silent origin a refusal: what ends here is a mistake of the gate or of its owner.
      console.error(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
      const ownersMistake = error instanceof ConfigError || error instanceof TypeError;
      return ownersMistake
        ? trouble(
            500,
            "server_error",
            "misconfigured",
            "This gate is not configured correctly. Its log says what is wrong.",
          )
        : trouble(500, "server_error", "internal", "This gate failed. Its log says more.");
    }
  },
};

/** Bindings do not change while an isolate lives, so they are read once, and the gate is made of them once. */
let known: { readonly env: Env; readonly config: Config; readonly gate: Gate } | undefined;

function prepared(env: Env): { readonly config: Config; readonly gate: Gate } {
  if (known?.env !== env) {
    const config = readConfig(env);
    const { issuer, audience, jwks } = config;
    known = { env, config, gate: createGate({ issuer, audience, jwks, policy }) };
  }
  return known;
}
