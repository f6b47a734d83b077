export type { Claims } from "../verdict.js";
export { createSession } from "./session.js";
export { memoryStorage } from "./storage.js";
export {
  type Credentials,
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
