import type { Policy } from "@shelflife/verifier/edge";

/**
 * What the gate asks of a request before the origin sees it. This is the one file to edit for your own routes; the README lists
 * what can be said here.
 */
export const policy: Policy = {
  routes: [
    // Something one proves the password for again (RFC 9470). The first route that fits decides.
    { path: "/api/recovery-codes", access: { maxAuthAge: 20 } },
    { path: "/api/*", access: {} },
  ],
  otherwise: "public",
  // Ended sessions are refused within a minute.
  revocations: { every: 30 },
};
