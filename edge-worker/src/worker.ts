import { type Config, ConfigError, type Env, readConfig } from "./config.js";
import { handle } from "./gate.js";
import { policy } from "./policy.js";
import { internal, misconfigured, toResponse } from "./refusal.js";

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    try {
      return await handle(request, configOf(env), policy);
    } catch (error) {
      // A bad token is a verdict and a silent origin a refusal: what ends here is a mistake of the gate or of its owner.
      console.error(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
      const ownersMistake = error instanceof ConfigError || error instanceof TypeError;
      return toResponse(ownersMistake ? misconfigured : internal, policy, request);
    }
  },
};

/** Bindings do not change while an isolate lives, so they are read once. */
let known: { readonly env: Env; readonly config: Config } | undefined;

function configOf(env: Env): Config {
  if (known?.env !== env) known = { env, config: readConfig(env) };
  return known.config;
}
