import type { Gate } from "./gate.js";

/** What is used of Hono's `Context`; the package does not depend on Hono. */
export interface HonoContext {
  readonly req: { raw: Request };
  get res(): Response;
  set res(response: Response | undefined);
  readonly executionCtx: unknown;
  set(key: "claims", value: unknown): void;
}

/**
 * The gate as a middleware of Hono. Mount it before everything else that reads the request: what comes after it sees the request
 * without token, with the identity headers of the gate, and the claims as `c.get("claims")`.
 *
 * ```js
 * app.use(honoGate(createGate({ issuer, audience, policy })));
 * ```
 */
export function honoGate(gate: Gate) {
  return async (context: HonoContext, next: () => Promise<void>): Promise<Response | undefined> => {
    let passed = false;
    const answer = await gate.fetch(
      context.req.raw,
      async (request, claims) => {
        passed = true;
        context.req.raw = request;
        context.set("claims", claims);
        await next();
        return context.res;
      },
      contextOf(context),
    );
    if (!passed) return answer;
    if (answer !== context.res) {
      // Emptied first: Hono would merge the headers of the old answer into the new one, and drop its cookies.
      context.res = undefined;
      context.res = answer;
    }
    return undefined;
  };
}

/** Hono throws where the runtime has none. */
function contextOf(context: HonoContext): { waitUntil?(work: Promise<unknown>): void } | undefined {
  try {
    return context.executionCtx as { waitUntil?(work: Promise<unknown>): void };
  } catch {
    return undefined;
  }
}
