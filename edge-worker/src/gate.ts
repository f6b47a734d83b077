import type { Config } from "./config.js";
import { setIdentity, stripIdentity, stripSessionToken } from "./identity.js";
import { accessFor } from "./path.js";
import type { Policy, Requirements } from "./policy.js";
import {
  ambiguousPath,
  expired,
  forCode,
  malformedHeader,
  missing,
  originUnreachable,
  type Refusal,
  stale,
  toResponse,
} from "./refusal.js";
import { judge } from "./verifier.js";

/** Lets a request through to the origin, or says why not. */
export async function handle(request: Request, config: Config, policy: Policy): Promise<Response> {
  const url = new URL(request.url);
  const headers = new Headers(request.headers);
  stripIdentity(headers);

  const refusal = await admit(request, url.pathname, headers, config, policy);
  if (refusal !== undefined) return toResponse(refusal, policy, request);
  return (await forward(request, url, headers, config)) ?? toResponse(originUnreachable, policy, request);
}

/** Route, token, verdict. Undefined means: pass, and `headers` says who is asking. */
async function admit(
  request: Request,
  pathname: string,
  headers: Headers,
  config: Config,
  policy: Policy,
): Promise<Refusal | undefined> {
  const access = accessFor(pathname, policy);
  if (access === "ambiguous") return ambiguousPath;
  if (access === "public") {
    stripSessionToken(headers);
    return undefined;
  }

  const token = bearerToken(headers);
  // The session token could be exchanged by whoever holds it; the origin has no need of it.
  headers.delete("authorization");
  if (isPreflight(request)) return undefined;
  return typeof token === "string" ? identify(token, access, headers, config) : token;
}

async function identify(
  token: string,
  needs: Requirements,
  headers: Headers,
  config: Config,
): Promise<Refusal | undefined> {
  const verdict = await judge(token, needs, config);
  switch (verdict.state) {
    case "fresh":
      setIdentity(headers, verdict.claims);
      return undefined;
    case "stale":
      return stale;
    case "expired":
      return expired;
    case "invalid":
      return forCode(verdict.code, verdict.detail, needs);
  }
}

/** A browser sends a preflight without credentials, by design: the origin answers it. */
function isPreflight(request: Request): boolean {
  return request.method === "OPTIONS" && request.headers.has("access-control-request-method");
}

/** RFC 6750 section 2.1. Two headers arrive joined by a comma, which is no token. Another scheme is no token for us either. */
function bearerToken(headers: Headers): string | Refusal {
  const header = headers.get("authorization");
  if (header === null || !/^bearer(?![\w-])/i.test(header)) {
    return header?.includes(",") === true && /\bbearer\b/i.test(header) ? malformedHeader : missing;
  }
  return /^bearer +([\w.~+/-]+=*)$/i.exec(header)?.[1] ?? malformedHeader;
}

/** Body and answer are streams (or a WebSocket) and pass through untouched. Undefined: the origin cannot be reached. */
async function forward(request: Request, url: URL, headers: Headers, config: Config): Promise<Response | undefined> {
  headers.set("x-forwarded-host", url.host);
  headers.set("x-forwarded-proto", url.protocol.slice(0, -1));
  // Put together as text: `new URL("//elsewhere.example", origin)` would leave the origin.
  const target = config.origin.origin + config.origin.pathname.replace(/\/+$/, "") + url.pathname + url.search;
  try {
    return await fetch(target, { method: request.method, headers, body: request.body, redirect: "manual" });
  } catch (error) {
    console.error(`origin unreachable: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
