// Made by `cargo xtask codes` from token/src/code.rs and token/src/revocations/code.rs. Do not edit.

/** What to do about a refused token. */
export type Action = "exchange" | "login" | "retry-later" | "fix-config";

/** Every code a token can be refused with: what it means, and what to do about it. Codes are stable. */
export const codes = {
  "too-long": { action: "login", description: "The token is longer than the limit." },
  malformed: { action: "login", description: "The token does not have exactly three parts." },
  "bad-encoding": { action: "login", description: "A part is not strict base64url without padding." },
  "bad-header": { action: "login", description: "The header is not a JSON object with exactly the five members of a session token." },
  "unsupported-alg": { action: "login", description: "The header's `alg` is neither `Ed25519` nor `EdDSA`." },
  "wrong-type": { action: "login", description: "The header's `typ` is not `bbf+jwt`." },
  "bad-crit": { action: "login", description: "The header's `crit` is not exactly `[\"bbf\"]`." },
  "unknown-key": { action: "fix-config", description: "The key set has no key with the header's `kid`." },
  "keys-unavailable": { action: "retry-later", description: "The issuer's keys could not be fetched, or are too old to be used." },
  "bad-signature": { action: "login", description: "The signature does not hold." },
  "bad-claims": { action: "login", description: "The claims are not what a session token must say." },
  "not-yet-valid": { action: "retry-later", description: "`iat` or `nbf` is further ahead of the clock than tolerated." },
  "wrong-issuer": { action: "fix-config", description: "`iss` is not the expected issuer." },
  "wrong-audience": { action: "fix-config", description: "`aud` does not name the expected audience." },
  "revocations-unavailable": { action: "retry-later", description: "No list of revocations is recent enough, and the verifier was told to shut then." },
  revoked: { action: "login", description: "The session, its user or its key was revoked while the token was fresh." },
  "missing-scope": { action: "fix-config", description: "The token lacks a required scope." },
  "missing-group": { action: "fix-config", description: "The token lacks a required group." },
  "auth-too-old": { action: "login", description: "The last proof of the user's identity is too long ago, or unknown." },
  "binder-mismatch": { action: "login", description: "The secret the session is bound to is missing or another one." },
} as const satisfies Record<string, { action: Action; description: string }>;

/** Why a token was refused. */
export type Code = keyof typeof codes;

/** Every code a list of revocations can be refused with. Then what was known before stays in force. */
export const revocationCodes = {
  "too-long": { description: "The list is longer than the limit." },
  malformed: { description: "The list is not a signed list of revocations: cut short, garbled, or something else." },
  "unsupported-alg": { description: "The header's `alg` is neither `Ed25519` nor `EdDSA`." },
  "wrong-type": { description: "The header's `typ` is not `revocations+jwt`." },
  "unknown-key": { description: "The key set has no key with the header's `kid`, or that key was revoked." },
  "bad-signature": { description: "The signature does not hold." },
  "wrong-issuer": { description: "`iss` is not the expected issuer." },
  "not-yet-valid": { description: "`iat` is further ahead of the clock than tolerated." },
  "too-old": { description: "The list is older than it may be." },
  "going-back": { description: "The list is older than the one that is known: its `seq` is smaller." },
  gap: { description: "The delta begins after what is known: fetch the snapshot." },
  "keys-unavailable": { description: "There are no keys of the issuer to check the list with." },
} as const satisfies Record<string, { description: string }>;

/** Why a list of revocations was refused. */
export type RevocationCode = keyof typeof revocationCodes;
