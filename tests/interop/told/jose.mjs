import { createLocalJWKSet, jwtVerify } from "jose";

/** The claims of a fresh session token; throws for anything else. */
export async function freshClaims(token, { issuer, audience, jwks }) {
  const { payload } = await jwtVerify(token, createLocalJWKSet(jwks), {
    issuer,
    audience,
    typ: "bbf+jwt",
    algorithms: ["Ed25519"],
    crit: { bbf: true },
  });
  // Whoever says to understand `bbf` must look at it.
  if (!(payload.bbf > Date.now() / 1000)) throw new Error("stale");
  return payload;
}
