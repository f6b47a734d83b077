// The issuer's public keys: a JWK set (RFC 7517, 5) read with the suspicion of token/src/keyset.rs.
import { decode, encode } from "./base64url.js";
import { PublicKey } from "./ed25519.js";
import { type JsonObject, parseObject, type Value } from "./json.js";
import { sha256 } from "./sha2.js";

const MAX_BYTES = 65_536;
const MAX_KEYS = 64;

export type KeySet = ReadonlyMap<string, PublicKey>;

/** Reads a key set; a text says why the whole set is refused. Keys of no use, and weak ones, are skipped. */
export function keySetOf(jwks: string): KeySet | string {
  const bytes = new TextEncoder().encode(jwks);
  if (bytes.length > MAX_BYTES) return "the key set is longer than 64 KiB";
  const set = parseObject(bytes);
  if (typeof set === "string") return set;
  const entries = set.get("keys");
  if (!Array.isArray(entries)) return "has no array `keys`";
  if (entries.length > MAX_KEYS) return "the key set has more than 64 keys";
  const keys = new Map<string, PublicKey>();
  const kids = new Set<string>();
  const doubled = "two keys of the set have the same `kid`";
  for (const jwk of entries as readonly Value[]) {
    if (!(jwk instanceof Map)) return "has a key that is not an object";
    if (jwk.has("d")) return "the key set holds a private key (a member `d`): replace that key everywhere";
    const name: Value | undefined = jwk.get("kid");
    if (typeof name === "string") {
      if (kids.has(name)) return doubled;
      kids.add(name);
    }
    const [kid, key] = usable(jwk) ?? [];
    if (kid === undefined || key === undefined) continue;
    if (keys.has(kid)) return doubled;
    keys.set(kid, key);
  }
  return keys.size === 0 ? "the key set has no Ed25519 key for signatures" : keys;
}

/** An Ed25519 key (RFC 8037, 2) that may be used to check signatures. One without a `kid` goes by its thumbprint (RFC 7638). */
function usable(jwk: JsonObject): [kid: string, key: PublicKey] | undefined {
  const [use, alg, operations] = [jwk.get("use"), jwk.get("alg"), jwk.get("key_ops")];
  const x = jwk.get("x");
  const fits =
    jwk.get("kty") === "OKP" &&
    jwk.get("crv") === "Ed25519" &&
    (use === undefined || use === "sig") &&
    (alg === undefined || alg === "Ed25519" || alg === "EdDSA") &&
    (operations === undefined || (Array.isArray(operations) && operations.includes("verify")));
  const bytes = fits && typeof x === "string" ? decode(x) : undefined;
  const key = bytes && PublicKey.fromBytes(bytes);
  if (!key) return undefined;
  const kid = jwk.has("kid") ? jwk.get("kid") : thumbprint(key);
  return typeof kid === "string" && kid !== "" ? [kid, key] : undefined;
}

function thumbprint(key: PublicKey): string {
  return encode(sha256(new TextEncoder().encode(`{"crv":"Ed25519","kty":"OKP","x":"${encode(key.bytes)}"}`)));
}
