// An issuer, a gate, a clock and a storage that a test can bend, for the session client alone. What the real issuer does
// is tested with the real issuer; this one can lose an answer, be down for a minute, or live in another hour.
import { createSession, memoryStorage } from "@shelflife/verifier/session";

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const claimsIn = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

export const CREDENTIALS = { username: "demo", password: "best-before" };
export const API = "http://gate.test/api/me";
/** Sessions on a page of the list. */
const PAGE = 3;

/** A token that only `judge` below takes for one. */
export function mint(claims, signature = "genuine") {
  return `${encode({})}.${encode({ iss: "i", aud: "api", sub: "demo", ...claims })}.${signature}`;
}

function refusal(code, action) {
  return { state: "invalid", code, action, detail: "" };
}

function judge(token, now) {
  if (token.endsWith(".unknown-key")) return refusal("unknown-key", "fix-config");
  if (!token.endsWith(".genuine")) return refusal("bad-signature", "login");
  const claims = claimsIn(token);
  if (claims.iat > now + 60) return refusal("not-yet-valid", "retry-later");
  const freshFor = Math.max(0, claims.bbf - now);
  const exchangeableFor = Math.max(0, claims.exp - now);
  const state = freshFor > 0 ? "fresh" : exchangeableFor > 0 ? "stale" : "expired";
  return { state, claims, freshFor, exchangeableFor };
}

export class World {
  /** The issuer's clock. */
  time = 1_800_000_000;
  /** The device's clock, ahead of the issuer's by so much. */
  skew = 0;
  /**
   * How the issuer is: `ok`, `down`, `busy`, `portal`: a page of somebody else answers 200, `garbled`: the
   * tokens it hands out are broken, or `lost`: it does its work, and the
   * answer is lost once.
   */
  issuer = "ok";
  /** Milliseconds an answer of the issuer takes. */
  delay = 0;
  /** Paths that were asked for. */
  calls = [];
  /** Answers the API instead of the gate. */
  api = undefined;
  sessions = new Map();
  storage = memoryStorage();

  /** A tab. Tabs share the storage unless told otherwise, and have no channel between them. */
  open(options = {}) {
    return createSession({
      issuer: "http://issuer.test",
      verifier: { verify: (token, { now }) => judge(token, now) },
      storage: this.storage,
      resources: ["http://gate.test"],
      fetch: (input, init) => this.answer(new Request(input, init)),
      now: () => this.time + this.skew,
      name: crypto.randomUUID(),
      ...options,
    });
  }

  async signedIn(options) {
    const session = await this.open(options);
    await session.login(CREDENTIALS);
    return session;
  }

  exchanges() {
    return this.calls.filter((path) => path === "/oauth/token").length;
  }

  /** What anybody answers: the API for `/api`, the issuer for the rest. */
  async answer(request) {
    const path = new URL(request.url).pathname;
    this.calls.push(path);
    if (path.startsWith("/api")) return this.api?.(request) ?? this.#gate(request);
    if (this.issuer === "down") throw new TypeError("fetch failed");
    if (this.issuer === "busy") return new Response("{}", { status: 503, headers: { "retry-after": "7" } });
    if (this.issuer === "portal")
      return new Response("<html>Accept the terms", { headers: { "content-type": "text/html" } });
    const answer = await this.#issue(path, request);
    if (this.delay) await new Promise((resolve) => setTimeout(resolve, this.delay));
    if (this.issuer === "lost") {
      this.issuer = "ok";
      throw new TypeError("the connection was cut");
    }
    return answer;
  }

  async #gate(request) {
    const token = (request.headers.get("authorization") ?? "").slice("Bearer ".length);
    const verdict = token ? judge(token, this.time) : { state: "missing" };
    return verdict.state === "fresh" ? new Response(`hello ${await request.text()}`) : refused(verdict.state, 401);
  }

  async #issue(path, request) {
    if (path === "/login") return this.#login();
    if (path === "/oauth/token")
      return this.#exchange(claimsIn(new URLSearchParams(await request.text()).get("refresh_token")));
    const claims = claimsIn(request.headers.get("authorization"));
    if (path === "/step-up") return this.#stepUp(claims, await request.json());
    if (path === "/logout") return this.#end(claims.sid);
    if (this.time >= claims.bbf) return refused("stale", 401);
    const session = this.sessions.get(claims.sid);
    if (session.demanded) return demandsPassword();
    if (claims.gen === session.claims.gen) session.seen = claims.gen;
    if (path === "/sessions/seen") return new Response(null, { status: 204 });
    if (path === "/password") return this.#password(claims, await request.json());
    if (path === "/sessions/revoke-others") return Response.json({ ended: this.#endAllBut(claims.sid) });
    if (request.method === "DELETE") return this.#end(path.split("/").at(-1));
    return this.#list(claims.sid, new URL(request.url).searchParams.get("after"));
  }

  /** One page; the present session is on each of them. */
  #list(sid, after) {
    const all = [...this.sessions.keys()];
    const from = after === null ? 0 : all.indexOf(after) + 1;
    const page = all.slice(from, from + PAGE);
    const next = from + PAGE < all.length ? page.at(-1) : null;
    const sessions = [...new Set([sid, ...page])].map((id) => {
      const { claims, ended } = this.sessions.get(id);
      return {
        session_id: id,
        device: null,
        created_at: claims.iat,
        last_exchanged_at: null,
        expires_at: claims.exp,
        client_id: null,
        auth_time: claims.auth_time,
        address: null,
        user_agent: null,
        current: id === sid,
        ended_at: null,
        reason: ended ?? null,
      };
    });
    return Response.json({ sessions, next });
  }

  #login() {
    const sid = `s${this.sessions.size + 1}`;
    this.sessions.set(sid, { claims: { sid, gen: 1, ...this.#windows(), auth_time: this.time } });
    return this.#granted(this.sessions.get(sid));
  }

  #end(sid) {
    const session = this.sessions.get(sid);
    if (session === undefined || session.ended) return refused("session_not_found", 404);
    session.ended = "logged_out";
    return new Response(null, { status: 204 });
  }

  #endAllBut(sid) {
    const others = [...this.sessions.values()].filter((session) => session.claims.sid !== sid && !session.ended);
    for (const session of others) session.ended = "logged_out";
    return others.length;
  }

  #password({ sid }, { current_password: current }) {
    if (current !== CREDENTIALS.password) return refused("bad_credentials", 403);
    return Response.json({ ended: this.#endAllBut(sid) });
  }

  #stepUp({ sid, gen }, { password }) {
    const session = this.sessions.get(sid);
    if (session.ended) return refused(session.ended, 401);
    if (gen !== session.claims.gen) return refused("superseded", 401);
    if (password !== CREDENTIALS.password) return refused("bad_credentials", 403);
    session.demanded = false;
    session.rotatedAt = this.time;
    session.parent = gen;
    session.claims = { sid, gen: gen + 1, ...this.#windows(), auth_time: this.time };
    return this.#granted(session);
  }

  #exchange({ sid, gen }) {
    const session = this.sessions.get(sid);
    if (session.ended) return refused(session.ended);
    if (session.demanded) return refused("reauthentication_required");
    const current = session.claims.gen;
    const grace = this.time - session.rotatedAt < 30;
    if (gen === session.parent && grace) return this.#granted(session);
    const late = gen === session.parent && session.seen !== current;
    if (gen === current || late) {
      session.parent = gen;
      session.rotatedAt = this.time;
      session.claims = { ...session.claims, gen: current + 1, ...this.#windows() };
      return this.#granted(session);
    }
    if (gen < session.parent && grace) return refused("superseded");
    session.ended = "reuse_detected";
    return refused(session.ended);
  }

  #windows() {
    return { iat: this.time, bbf: this.time + 60, exp: this.time + 3600 };
  }

  #granted({ claims }) {
    const expires = { expires_in: claims.bbf - this.time, refresh_expires_in: claims.exp - this.time };
    return this.issuer === "garbled"
      ? Response.json({ access_token: mint(claims, "garbled"), ...expires })
      : Response.json({ access_token: mint(claims), ...expires });
  }
}

/** RFC 9470, as the issuer says it on a protected call. */
function demandsPassword() {
  const answer = refused("reauthentication_required", 401);
  answer.headers.set("www-authenticate", 'Bearer error="insufficient_user_authentication", max_age="0"');
  return answer;
}

export function refused(reason, status = 400) {
  return Response.json({ error: "invalid_grant", error_description: `no: ${reason}`, reason }, { status });
}

/** The types of the events of a session, from now on. */
export function eventsOf(session) {
  const types = [];
  session.onChange((_, event) => types.push(event.type));
  return types;
}
