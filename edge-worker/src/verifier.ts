import { createVerifier, type Verdict, type Verifier } from "@shelflife/verifier";
import type { Config } from "./config.js";
import type { Requirements } from "./policy.js";

/**
 * One verifier for the life of the isolate. Only the finished verifier is kept, never the promise of one: in Workers a promise
 * belongs to the request that made it, and another request that waits on it hangs. Two first requests may both build one.
 */
let kept: { readonly config: Config; readonly verifier: Verifier } | undefined;

async function verifierFor(config: Config): Promise<Verifier> {
  if (kept !== undefined && sameIssuer(kept.config, config)) return kept.verifier;
  const { issuer, audience, jwks } = config;
  const verifier = await createVerifier(jwks === undefined ? { issuer, audience } : { issuer, audience, jwks });
  kept = { config, verifier };
  return verifier;
}

function sameIssuer(one: Config, other: Config): boolean {
  return one.issuer === other.issuer && one.audience === other.audience && one.jwks === other.jwks;
}

/** The verdict on a token. A key never seen before is asked for once (the verifier keeps a cooldown), then judged again. */
export async function judge(token: string, needs: Requirements, config: Config): Promise<Verdict> {
  const verifier = await verifierFor(config);
  const options = {
    scope: [...(needs.scope ?? [])],
    groups: [...(needs.groups ?? [])],
    ...(needs.maxAuthAge === undefined ? {} : { maxAuthAge: needs.maxAuthAge }),
  };
  const verdict = verifier.verify(token, options);
  const keysMayHelp =
    verdict.state === "invalid" && (verdict.code === "unknown-key" || verdict.code === "keys-unavailable");
  if (!keysMayHelp || !(await verifier.refreshKeys())) return verdict;
  return verifier.verify(token, options);
}
