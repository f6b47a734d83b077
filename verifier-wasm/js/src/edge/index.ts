// The gate as a library: in front of an origin (edge-worker), around a fetch handler, or as a middleware.
export type { Claims } from "../verdict.js";
export { safeReturnTo } from "./answer/sign-in.js";
export { createGate, type Gate, type Next, withGate } from "./gate.js";
export { type HonoContext, honoGate } from "./hono.js";
export type { Context } from "./issuer/background.js";
export type { CacheLike } from "./issuer/store.js";
export type { GateOptions } from "./options.js";
export type {
  Access,
  CookieMode,
  Policy,
  Requirements,
  Revocations,
  Route,
  SignIn,
  TokenSource,
} from "./policy/types.js";
export { type CookieLife, clearedCookie, sessionCookie } from "./request/cookies.js";
