// The tokens that are shown around: a session token in three windows, and the standard projection of it.
import { createPrivateKey, createPublicKey, sign } from "node:crypto";

/** Tokens of now, since most libraries read the clock themselves. */
export function makeQuestion() {
  const seed = Buffer.alloc(32, 6);
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const { x } = createPublicKey(key).export({ format: "jwk" });
  const [issuer, audience, kid] = ["https://id.example.com", "api", "k"];
  const now = Math.floor(Date.now() / 1000);
  const common = { iss: issuer, aud: audience, sub: "ada", iat: now - 5000 };
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const signed = (header, claims) => {
    const text = `${encode(header)}.${encode(claims)}`;
    return `${text}.${sign(null, Buffer.from(text), key).toString("base64url")}`;
  };
  const session = (bbf, exp) =>
    signed({ alg: "Ed25519", typ: "bbf+jwt", kid, crit: ["bbf"], bbf }, { ...common, sid: "s", gen: 3, bbf, exp });
  // RFC 9068: it lives as long as the session token is fresh.
  const projection = (bbf) =>
    signed({ alg: "EdDSA", typ: "at+jwt", kid }, { ...common, exp: bbf, jti: "j", client_id: "app" });
  const tokens = {
    fresh: session(now + 900, now + 90_000),
    stale: session(now - 1, now + 90_000),
    expired: session(now - 3000, now - 2000),
    projection: projection(now + 900),
    // jwt-simple lets a token live 15 minutes longer unless told otherwise.
    "projection-over": projection(now - 2000),
  };
  // As the issuer publishes it: without `alg`.
  return { issuer, audience, jwks: { keys: [{ kty: "OKP", crv: "Ed25519", x, kid, use: "sig" }] }, tokens };
}
