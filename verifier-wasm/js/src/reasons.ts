/** The refusals of an exchange after which a session is over for good, as the issuer means them. No other word ends one. */
export const FINAL_REASONS: ReadonlySet<string> = new Set([
  "expired",
  "session_not_found",
  "reuse_detected",
  "logged_out",
  "idle_limit",
  "absolute_limit",
  "user_disabled",
  "evicted",
  "password_changed",
  "ended_by_operator",
]);
