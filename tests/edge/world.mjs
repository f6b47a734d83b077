// A real issuer behind a front that can be down, and the site with the gate in one runtime.

import { startFront } from "../harness/front.mjs";
import { rawRequest } from "../harness/gate.mjs";
import { AUDIENCE, startIssuer } from "../harness/issuer.mjs";
import { policy } from "./policy.mjs";

/** `start` is one of servers/start.mjs; `issuerOptions` are those of `shelflife serve`. */
export async function startWorld(start, issuerOptions = {}, gateOptions = {}, runtimeOptions = {}) {
  const started = [];
  const stop = async () => {
    for (const part of started.splice(0).reverse()) await part.stop();
  };
  try {
    const front = await startFront();
    started.push(front);
    const issuer = await startIssuer({ issuer: front.url, ...issuerOptions }, { backend: "shop" });
    started.push(issuer);
    front.to = issuer.url;
    const site = await start({ issuer: front.url, audience: AUDIENCE, policy, ...gateOptions }, runtimeOptions);
    started.push(site);
    const ask = (path, headers = {}, method = "GET", body = undefined) =>
      rawRequest(site.url, path, headers, method, body);
    return { front, issuer, site, ask, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What a browser says of itself on the way to a page. */
export const NAVIGATION = { accept: "text/html,*/*;q=0.8", "sec-fetch-mode": "navigate", "sec-fetch-site": "none" };

export const COOKIE = "__Host-shelflife";

export const bearer = (token) => ({ authorization: `Bearer ${token}` });
export const cookie = (token, more = "") => ({ cookie: `${COOKIE}=${token}${more}` });

/** The token that an answer set; null when it took the cookie away, undefined when it said nothing about it. */
export function cookieSet(answer) {
  const [line, ...others] = (answer.headers["set-cookie"] ?? []).filter((it) => it.startsWith(`${COOKIE}=`));
  if (others.length > 0) throw new Error("the cookie is set twice");
  if (line === undefined) return undefined;
  if (!/; Path=\/; Secure; HttpOnly; SameSite=Lax/.test(line)) throw new Error("the cookie lacks an attribute");
  return line.includes("Max-Age=0") ? null : line.slice(COOKIE.length + 1, line.indexOf(";"));
}

/** Where a redirect leads: the page, and what it is told. */
export function redirectOf(answer) {
  if (answer.status !== 302) throw new Error(`no redirect: ${answer.status} ${answer.text}`);
  const url = new URL(answer.headers.location, "http://gate.test");
  return { page: url.pathname, ...Object.fromEntries(url.searchParams) };
}
