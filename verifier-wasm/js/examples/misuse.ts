// What must not compile: each of these is a mistake that pages make, and the types are there to stop it.
import { createSession, type Session, type SessionVerifier, type Snapshot } from "@shelflife/verifier/session";

export function claimsAreForFreshSessionsOnly(session: Session, snapshot: Snapshot): string {
  // @ts-expect-error: a session that is not fresh has no claims
  session.claims.sub;
  // @ts-expect-error: nobody has looked whether it is fresh
  snapshot.claims;
  // @ts-expect-error: a stale one has none either
  if (snapshot.state === "stale") snapshot.claims;
  // @ts-expect-error: the token is not lying about; `freshToken` exchanges it first
  session.token;
  // @ts-expect-error: and that takes a moment
  const header: string = session.freshToken();
  return snapshot.state === "fresh" ? snapshot.claims.sub : header;
}

export async function sessionsAreMadeOfAnIssuerAndAVerifier(verifier: SessionVerifier): Promise<Session> {
  // @ts-expect-error: without a verifier nobody could tell a genuine token
  await createSession({ issuer: "https://id.example.com" });
  // @ts-expect-error: there is no such storage
  return createSession({ issuer: "https://id.example.com", verifier, storage: "cookie" });
}

export function everyEventIsToldApart(session: Session): void {
  session.onChange((_, event) => {
    // @ts-expect-error: only some events have a reason
    event.reason;
    if (event.type === "signed-out") console.log(event.reason, event.message);
    // @ts-expect-error: there is no such event
    if (event.type === "logged-out") console.log("never");
  });
}
