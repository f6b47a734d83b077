// What is made up for the two judges: chosen by numbers that are random and come from a seed; a failure names it.
import { createPrivateKey, createPublicKey, randomInt, sign } from "node:crypto";

export const SEED = Number(process.env.SHELFLIFE_SEED ?? randomInt(2 ** 31));

/** The private key of this seed, and its public one as a JWK has it. */
export function keyOf(seed) {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, seed)]);
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  return { key, x: createPublicKey(key).export({ format: "jwk" }).x };
}

/** What JSON is made of, and what looks like it. */
const PIECES = [
  ...'{}[]:,"\\0123456789.-+eE \t\n\0\u007f',
  ...'null|true|false|\\u0000|\\ud83e|\\udd5b|1e3|9007199254740991|9007199254740992|,"iat":5|[[[[[[[|ÿ|é|🥛'.split("|"),
  ...["\ufeff", "\u2028", "\u0085"],
];

/** Numbers below `below` (mulberry32). */
export function chance(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** The text with up to three places replaced, removed or added. */
export function damaged(text, below) {
  let made = text;
  for (let times = below(4); times > 0; times--) {
    const at = below(made.length + 1);
    made = made.slice(0, at) + (below(4) === 0 ? "" : PIECES[below(PIECES.length)]) + made.slice(at + below(3));
  }
  return made;
}

export function signed(header, payload, key) {
  const message = `${Buffer.from(header).toString("base64url")}.${Buffer.from(payload).toString("base64url")}`;
  return `${message}.${sign(null, Buffer.from(message), key).toString("base64url")}`;
}
