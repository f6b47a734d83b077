// Tokens of an issuer that is no process: a key pair made for the test run, and what it signs. For a gate within the test's process.
import { generateKeyPairSync, sign } from "node:crypto";

export const ISSUER = "https://id.example.com";
export const AUDIENCE = "api";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
export const jwks = { keys: [{ kid: "k", ...publicKey.export({ format: "jwk" }) }] };

const encode = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");

/** A remembered token that is fresh for a quarter of an hour, unless `claims` say otherwise. */
export function mint(claims = {}) {
  const now = Math.floor(Date.now() / 1000);
  const all = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: "ann",
    sid: "AbCdEf-_0123456789abcd",
    gen: 1,
    iat: now - 1000,
    bbf: now + 900,
    exp: now + 9000,
    ...claims,
  };
  const header = { alg: "Ed25519", typ: "bbf+jwt", kid: "k", crit: ["bbf"], bbf: all.bbf };
  const signed = `${encode(header)}.${encode(all)}`;
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString("base64url")}`;
}

/** The same token once it has gone stale. */
export function mintStale(claims = {}) {
  return mint({ bbf: Math.floor(Date.now() / 1000) - 100, ...claims });
}
