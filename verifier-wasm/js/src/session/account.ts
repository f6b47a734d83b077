import { asJson, bodyOf, type Issuer, refusal, unreachable } from "./effects/issuer.js";
import { type Session, SessionError } from "./types.js";

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What a user may do with a fresh token: look at the devices, end some, change the password. */
export type Account = Pick<Session, "devices" | "end" | "endOthers" | "changePassword">;

/** `authorized` sends the session's token along; `ended` is told of every session that was ended. */
export function accountOf(issuer: Issuer, authorized: Fetch, ended: (sid: string) => void): Account {
  async function call(method: string, path: string, init?: RequestInit): Promise<Record<string, unknown>> {
    try {
      const response = await authorized(issuer.url + path, { method, ...issuer.init, ...init });
      const body = await bodyOf(response);
      if (!response.ok) throw refusal(response, body);
      return body;
    } catch (error) {
      throw error instanceof SessionError ? error : unreachable();
    }
  }

  return {
    async devices() {
      const { sessions } = await call("GET", "/sessions");
      if (!Array.isArray(sessions))
        throw new SessionError("unexpected", "The issuer's answer held no list of sessions.");
      return sessions;
    },
    async end(sid) {
      try {
        await call("DELETE", `/sessions/${encodeURIComponent(sid)}`);
        ended(sid);
        return true;
      } catch (error) {
        if ((error as SessionError).reason === "session_not_found") return false;
        throw error;
      }
    },
    async endOthers() {
      return Number((await call("POST", "/sessions/revoke-others")).ended);
    },
    async changePassword(current, next) {
      const body = asJson({ current_password: current, new_password: next });
      return Number((await call("POST", "/password", body)).ended);
    },
  };
}
