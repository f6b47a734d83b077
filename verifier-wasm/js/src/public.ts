// What every entry of the package shows, whatever the runtime.
export { type Action, type Code, codes, type RevocationCode, revocationCodes } from "./codes.js";
export type { Statistics } from "./engine.js";
export type { JsonWebKeySet } from "./keys.js";
export type { VerifierOptions, VerifyOptions } from "./options.js";
export type { RevocationOptions, RevocationState, RevocationUpdate } from "./revocations.js";
export type { Claims, Judged, Refused, Verdict } from "./verdict.js";
export type { Verifier } from "./verifier.js";
