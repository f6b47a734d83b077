import type { Claims } from "../../verdict.js";

const PREFIX = "x-shelflife-";

/**
 * Headers that only the gate may set. Many origins (CGI, WSGI, Rack) see `X_Shelflife_Sub` and `X-Shelflife-Sub` as one name,
 * so an underscore counts as a hyphen here.
 */
export function stripIdentity(headers: Headers): void {
  for (const name of [...headers.keys()]) {
    if (name.toLowerCase().replaceAll("_", "-").startsWith(PREFIX)) headers.delete(name);
  }
}

/** By its type alone, unverified: what only looks like one is kept from the origin as well. */
export function looksLikeSessionToken(text: string): boolean {
  const [, header] = /^([\w-]+)\.[\w-]+\.[\w-]+$/.exec(text) ?? [];
  return header !== undefined && decoded(header).includes('"bbf+jwt"');
}

function decoded(base64url: string): string {
  try {
    return atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return "";
  }
}

/** Tells the origin who is asking. Values are percent-encoded where they are not visible ASCII; `,` parts the groups. */
export function setIdentity(headers: Headers, claims: Claims): void {
  headers.set(`${PREFIX}sub`, encode(claims.sub));
  headers.set(`${PREFIX}sid`, encode(claims.sid));
  headers.set(`${PREFIX}gen`, String(claims.gen));
  if (claims.client_id !== undefined) headers.set(`${PREFIX}client-id`, encode(claims.client_id));
  if (claims.scope !== undefined) headers.set(`${PREFIX}scope`, claims.scope.split(" ").map(encode).join(" "));
  if (claims.groups !== undefined && claims.groups.length > 0) {
    headers.set(`${PREFIX}groups`, claims.groups.map(encode).join(","));
  }
  if (claims.auth_time !== undefined) headers.set(`${PREFIX}auth-time`, String(claims.auth_time));
}

/**
 * Reversible with `decodeURIComponent`. A space is encoded as well, because HTTP trims header values and two different
 * subjects would become one; so are `%` (or decoding would not be the reverse) and `,`.
 */
function encode(value: string): string {
  return value.replaceAll(/[^!-$&-+\--~]+/gu, (run) =>
    [...new TextEncoder().encode(run)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}
