export type { Claims } from "../verdict.js";
export { asksForPassword } from "./effects/issuer.js";
export { memoryStorage } from "./effects/storage.js";
export { createSession } from "./session.js";
export {
  type Credentials,
  type Demand,
  type Device,
  type Session,
  SessionError,
  type SessionErrorCode,
  type SessionEvent,
  type SessionListener,
  type SessionOptions,
  type SessionVerifier,
  type SignedOutReason,
  type Snapshot,
  type TokenStorage,
} from "./types.js";
