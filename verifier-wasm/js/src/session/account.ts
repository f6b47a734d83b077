import { asJson, bodyOf, type Issuer, refusal, unreachable } from "./effects/issuer.js";
import { type Device, type Session, SessionError } from "./types.js";

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What a user may do with a fresh token: look at the devices, end some, change the password. */
export type Account = Pick<Session, "devices" | "end" | "endOthers" | "changePassword">;

interface Handlers {
  /** A session was ended. */
  ended(sid: string): void;
  /** The issuer wants the password first (RFC 9470). */
  demanded(error: SessionError): void;
}

/** `authorized` sends the session's token along. */
export function accountOf(issuer: Issuer, authorized: Fetch, { ended, demanded }: Handlers): Account {
  async function call(method: string, path: string, init?: RequestInit): Promise<Record<string, unknown>> {
    try {
      const response = await authorized(issuer.url + path, { method, ...issuer.init, ...init });
      const body = await bodyOf(response);
      if (!response.ok) throw refusal(response, body);
      return body;
    } catch (error) {
      if (!(error instanceof SessionError)) throw unreachable();
      if (error.reason === "reauthentication_required") demanded(error);
      throw error;
    }
  }

  return {
    async devices() {
      // The present session is on every page.
      const devices = new Map<string, Device>();
      let query = "";
      let known: number;
      do {
        const { sessions, next } = await call("GET", `/sessions${query}`);
        if (!Array.isArray(sessions))
          throw new SessionError("unexpected", "The issuer's answer held no list of sessions.");
        known = devices.size;
        for (const device of sessions) devices.set(device.session_id, device);
        query = next == null ? "" : `?after=${encodeURIComponent(String(next))}`;
      } while (query !== "" && devices.size > known);
      return [...devices.values()];
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
