// From a string to a token that the issuer signed, step by step as in token/src/untrusted.rs. No claim is looked at before the
// signature holds.
import type { Code } from "../codes.js";
import { refusal } from "../refusal.js";
import type { Refused } from "../verdict.js";
import { decode } from "./base64url.js";
import { claimsOf, type Read } from "./claims.js";
import { type JsonObject, parseObject, type Value } from "./json.js";
import type { KeySet } from "./keyset.js";

export interface Genuine {
  readonly read: Read;
  /** The claims as the issuer signed them. */
  readonly payload: Uint8Array;
  /** Name of the key that signed it. */
  readonly kid: string;
}

interface Bounds {
  maxTokenBytes: number;
  maxLifetime: number;
}

const encoder = new TextEncoder();
const MEMBERS = ["alg", "typ", "kid", "crit", "bbf"] as const;
const TYPE = "bbf+jwt";
const CRITICAL = "bbf";

/** Takes a token apart and checks all of it that depends neither on the time nor on what the caller asks. */
export function authenticate(token: string, keys: KeySet, { maxTokenBytes, maxLifetime }: Bounds): Genuine | Refused {
  if (encoder.encode(token).length > maxTokenBytes) return refusal("too-long", "the token is longer than the limit");
  const [first, second, third, fourth] = token.split(".", 4);
  if (first === undefined || second === undefined || third === undefined || fourth !== undefined) {
    return refusal("malformed", "a token has three parts with a dot between them");
  }
  const [header, payload, signature] = [decode(first), decode(second), decode(third)];
  if (!header || !payload || !signature) {
    const part = !header ? "header" : !payload ? "payload" : "signature";
    return refusal("bad-encoding", `the ${part} is not strict base64url`);
  }
  const read = headerOf(header);
  if ("code" in read) return read;
  const { kid, bbf } = read;
  const key = keys.get(kid);
  if (key === undefined) return refusal("unknown-key", `no key with the \`kid\` ${quoted(kid)} is known`);
  if (!key.verify(encoder.encode(`${first}.${second}`), signature)) {
    return refusal("bad-signature", `the signature by key ${quoted(kid)} does not hold`);
  }
  const claims = claimsOf(payload, bbf, maxLifetime);
  if (typeof claims === "string") return refusal("bad-claims", `the payload ${claims}`);
  return { read: claims, payload, kid };
}

/** A header has exactly five members, each with one right value. Nothing in it is believed before the signature holds. */
function headerOf(bytes: Uint8Array): { kid: string; bbf: number } | Refused {
  const bad = (why: string) => refusal("bad-header", why);
  const header = parseObject(bytes);
  if (typeof header === "string") return bad(`the header ${header}`);
  const lacking = MEMBERS.find((name) => !header.has(name));
  if (lacking !== undefined) return bad(`the header lacks \`${lacking}\``);
  if (header.size !== MEMBERS.length) return bad("the header has members besides alg, typ, kid, crit and bbf");

  const alg = header.get("alg");
  if (alg !== "Ed25519" && alg !== "EdDSA") return differs("unsupported-alg", "alg", header, "Ed25519");
  if (header.get("typ") !== TYPE) return differs("wrong-type", "typ", header, TYPE);
  const crit = header.get("crit");
  if (!Array.isArray(crit) || crit.length !== 1 || (crit as readonly Value[])[0] !== CRITICAL) {
    return refusal("bad-crit", '`crit` is not exactly ["bbf"]');
  }
  const [kid, bbf] = [header.get("kid"), header.get("bbf")];
  if (typeof kid !== "string" || kid === "") return bad("`kid` is not a name");
  if (typeof bbf !== "number" || Number.isNaN(bbf)) return bad("`bbf` is not a whole number of seconds");
  return { kid, bbf };
}

function differs(code: Code, name: string, header: JsonObject, expected: string): Refused {
  const found = header.get(name);
  const shown = typeof found === "string" ? quoted(found) : "not a string";
  return refusal(code, `\`${name}\` is ${shown}, expected "${expected}"`);
}

/** A value from the token as it may appear in a detail: quoted, short, and without anything that could forge a log line. */
export function quoted(value: string): string {
  const characters = Array.from(value);
  const shown = characters.slice(0, 64).map((character) => (/[\p{Cc}"\\]/u.test(character) ? "?" : character));
  return `"${shown.join("")}${characters.length > 64 ? "..." : ""}"`;
}
