// The JWT libraries of npm, each used as its documentation says. A check throws when the library refuses.
import { createPublicKey } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import cloudflare from "@tsndr/cloudflare-worker-jwt";
import { JwtVerifier } from "aws-jwt-verify";
import { createVerifier } from "fast-jwt";
import { verifyWithJwks } from "hono/jwt";
import { createLocalJWKSet, jwtVerify } from "jose";
import jsonwebtoken from "jsonwebtoken";
import jws from "jws";
import njwt from "njwt";
import { freshClaims } from "./told/jose.mjs";

/** The key of the set, for libraries that take no JWK. */
const keyOf = ({ jwks }) => createPublicKey({ key: jwks.keys[0], format: "jwk" });
const pemOf = (question) => keyOf(question).export({ type: "spki", format: "pem" });

const checks = {
  jose: ({ jwks, issuer, audience }, token) => jwtVerify(token, createLocalJWKSet(jwks), { issuer, audience }),
  "fast-jwt": (question, token) => {
    const { issuer, audience } = question;
    const verify = createVerifier({
      key: pemOf(question),
      algorithms: ["EdDSA"],
      allowedIss: issuer,
      allowedAud: audience,
    });
    return verify(token);
  },
  jsonwebtoken: (question, token) => {
    const { issuer, audience } = question;
    return jsonwebtoken.verify(token, pemOf(question), { issuer, audience });
  },
  jws: (question, token) => {
    const { alg } = jws.decode(token).header;
    if (!jws.verify(token, alg, pemOf(question))) throw new Error("the signature does not hold");
  },
  njwt: (question, token) => njwt.verify(token, pemOf(question), "EdDSA"),
  "@tsndr/cloudflare-worker-jwt": async ({ jwks }, token) => {
    const { alg } = cloudflare.decode(token).header;
    if (!(await cloudflare.verify(token, jwks.keys[0], { algorithm: alg, throwError: true })))
      throw new Error("refused");
  },
  hono: ({ jwks, issuer, audience }, token) => {
    const verification = { iss: issuer, aud: audience, typ: ["at+jwt", "bbf+jwt"] };
    return verifyWithJwks(token, { keys: jwks.keys, allowedAlgorithms: ["EdDSA"], verification });
  },
  "aws-jwt-verify": ({ jwks, issuer, audience }, token) => {
    const verifier = JwtVerifier.create({ issuer, audience, jwksUri: `${issuer}/.well-known/jwks.json` });
    verifier.cacheJwks(jwks);
    return verifier.verifySync(token);
  },
};

/** For those that can be told what `bbf` is. */
const told = { jose: { run: (question, token) => freshClaims(token, question), file: "told/jose.mjs" } };

/** Shows every token to every library. */
export async function askNpm(question) {
  const answers = [];
  for (const [library, check] of Object.entries(checks)) {
    const answer = { library, registry: "npm", version: versionOf(library) };
    answer.refused = await refusals(check, question);
    if (told[library]) {
      answer.told = await refusals(told[library].run, question);
      // What the documentation shows is what ran.
      answer.settings = readFileSync(new URL(told[library].file, import.meta.url), "utf8");
    }
    answers.push(answer);
  }
  return answers;
}

/** Of each token nothing when the library took it, or why it did not. */
async function refusals(check, question) {
  const found = {};
  for (const [name, token] of Object.entries(question.tokens)) {
    try {
      await check(question, token);
      found[name] = null;
    } catch (error) {
      found[name] = `${error.name}: ${error.message}`;
    }
  }
  return found;
}

/** Of the installed package; not every one lets its manifest be imported. */
function versionOf(name) {
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  while (!existsSync(join(folder, "package.json")) || !JSON.parse(readFileSync(join(folder, "package.json"))).version) {
    folder = dirname(folder);
  }
  return JSON.parse(readFileSync(join(folder, "package.json"))).version;
}
