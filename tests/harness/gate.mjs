// The gate in the real workerd.
import { request } from "node:http";
import { AUDIENCE } from "./issuer.mjs";
import { startListening } from "./process.mjs";

/** Starts the gate. `jwks` (a key set) pins the keys; without it the gate fetches them from `issuer`. */
export async function startGate({ issuer, origin, jwks, audience = AUDIENCE, listen = "127.0.0.1:0" }) {
  const gate = await startListening("the gate", process.execPath, ["edge-worker/serve.mjs", "--listen", listen], {
    SHELFLIFE_ISSUER: issuer,
    SHELFLIFE_AUDIENCE: audience,
    SHELFLIFE_JWKS: jwks === undefined ? "" : JSON.stringify(jwks),
    ORIGIN: origin,
  });
  return { ...gate, get: (path, headers = {}) => rawRequest(gate.url, path, headers) };
}

/**
 * One request whose path and headers arrive as they are written here: `fetch` would tidy both up. A header given as an array is
 * sent once for each value.
 */
export function rawRequest(base, path, headers = {}, method = "GET", body = undefined) {
  const { hostname, port } = new URL(base);
  // Without it Node frames no body of a DELETE.
  const sent = body === undefined ? headers : { "content-length": Buffer.byteLength(body), ...headers };
  return new Promise((resolve, reject) => {
    const call = request({ hostname, port, path, method, headers: sent, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({ status: answer.statusCode, headers: answer.headers, text, json: () => JSON.parse(text) }),
      );
    });
    call.on("error", reject).end(body);
  });
}
