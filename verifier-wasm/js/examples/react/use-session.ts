// An example, and no part of the package: the session in a React component.
//
//   const session = await createSession({ issuer, verifier });            // once, before the first render
//   function Header() {
//     const now = useSession(session);
//     return now.state === "fresh" ? <b>{now.claims.sub}</b> : <a href="/sign-in">Sign in</a>;
//   }
import type { Session, Snapshot } from "@shelflife/verifier/session";
import { useMemo, useSyncExternalStore } from "react";

/** The session as it was last told. Judged once when the component appears, so the first render shows the true state. */
export function useSession(session: Session): Snapshot {
  const store = useMemo(() => storeOf(session), [session]);
  return useSyncExternalStore(store.subscribe, store.snapshot);
}

/** React compares snapshots by identity, so there is a new one only when something has happened. */
function storeOf(session: Session) {
  let last = session.judge();
  return {
    snapshot: () => last,
    subscribe: (changed: () => void) =>
      session.onChange((snapshot) => {
        last = snapshot;
        changed();
      }),
  };
}
