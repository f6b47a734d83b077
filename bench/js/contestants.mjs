// Those who verify wherever there are WebCrypto and WebAssembly. Each is told once what to accept and then gets lists of
// tokens; a good token that is refused ends the measurement.
import { importJWK, jwtVerify } from "jose";

/** Tokens among which a token counts as seen before. */
const FEW = 20;

/** `stock` is ed25519-dalek in wasm: its class, and the memory it lives in. */
export async function contestants({ tokens, createVerifier, stock }) {
  const { issuer, audience, jwks } = tokens;
  const [jwk] = jwks.keys;
  const ours = await createVerifier({ issuer, audience, jwks });
  const remembering = await createVerifier({ issuer, audience, jwks });
  const joseCheck = await joseCheckFor(tokens);
  const cryptoKey = await crypto.subtle.importKey("jwk", jwk, { name: "Ed25519" }, false, ["verify"]);
  const dalek = new stock.Stock(fromBase64url(jwk.x));

  const all = [
    {
      name: "ours",
      of: "session",
      run: (list) => each(list, (token) => ours.verify(token).state === "fresh"),
    },
    {
      name: "ours, seen before",
      of: "session",
      few: true,
      run: (list) => each(list, (token) => remembering.verify(token).state === "fresh"),
    },
    { name: "jose", of: "session", run: (list) => eachInTurn(list, joseCheck) },
    {
      name: "WebCrypto, signature alone",
      of: "signed",
      run: (list) => eachInTurn(list, (it) => crypto.subtle.verify("Ed25519", cryptoKey, it.signature, it.message)),
    },
    {
      name: "dalek in wasm, signature alone",
      of: "signed",
      run: (list) => each(list, (it) => verifyWithDalek(dalek, stock.memory, it)),
    },
  ];
  return { all, statistics: () => ours.statistics() };
}

/** jose, told to do the whole job: the critical member, type, issuer, audience. The key is imported once. */
export async function joseCheckFor({ issuer, audience, jwks }) {
  const key = await importJWK(jwks.keys[0], "Ed25519");
  const options = { issuer, audience, typ: "bbf+jwt", crit: { bbf: true } };
  return async (token) => (await jwtVerify(token, key, options)).payload.bbf > 0;
}

/** `count` inputs from `from` on; who has seen tokens before gets a few of them again and again, ten times as many. */
export function listFor({ of, few }, tokens, signed, from, count) {
  const source = of === "signed" ? signed : tokens[of];
  if (few) return Array.from({ length: count * 10 }, (_, index) => source[index % FEW]);
  return Array.from({ length: count }, (_, index) => source[(from + index) % source.length]);
}

/** Signatures taken out of their tokens, so that only the arithmetic is timed. */
export function signedParts(list) {
  const encoder = new TextEncoder();
  return list.map((token) => {
    const dot = token.lastIndexOf(".");
    return { message: encoder.encode(token.slice(0, dot)), signature: fromBase64url(token.slice(dot + 1)) };
  });
}

export function each(list, accepts) {
  for (const item of list) if (!accepts(item)) throw new Error("a good token was refused");
}

/** One after the other, as a handler of one request does it. */
export async function eachInTurn(list, accepts) {
  for (const item of list) if (!(await accepts(item))) throw new Error("a good token was refused");
}

function verifyWithDalek(dalek, memory, { message, signature }) {
  const input = new Uint8Array(memory.buffer, dalek.input(), signature.length + message.length);
  input.set(signature);
  input.set(message, signature.length);
  return dalek.verify(input.length);
}

function fromBase64url(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
