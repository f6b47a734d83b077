// The demo page's own server, and everything behind one address, as `cargo xtask demo` starts it.
import { after, before } from "node:test";
import { startBrowser } from "./browser.mjs";
import { startGate } from "./gate.mjs";
import { AUDIENCE, startIssuer } from "./issuer.mjs";
import { onFreePort } from "./port.mjs";
import { allStarted, startListening } from "./process.mjs";

/** Starts the server of the page. */
export function startPage({ issuer, jwks }) {
  return startListening("the page", process.execPath, ["web-demo/serve.mjs", "--listen", "127.0.0.1:0"], {
    SHELFLIFE_ISSUER: issuer,
    SHELFLIFE_AUDIENCE: AUDIENCE,
    SHELFLIFE_JWKS: JSON.stringify(jwks),
  });
}

/** Issuer, the demo's page and gate; `issuerOptions` are those of `shelflife serve`. */
export function startDemo(issuerOptions = {}) {
  return startBehindGate(startPage, issuerOptions);
}

/** A browser and the demo for all tests of a file: both are there once the first test runs, and gone after the last. */
export function withDemo(issuerOptions) {
  const world = {};
  before(async () => {
    [world.browser, world.demo] = await allStarted(startBrowser(), startDemo(issuerOptions));
  });
  after(async () => {
    await world.browser?.close();
    await world.demo?.stop();
  });
  return world;
}

/** Issuer, a page and gate; `startPage` is handed what the page has to know. */
export function startBehindGate(startPage, issuerOptions) {
  // The issuer must know the page's address before the gate that gives it is up.
  return onFreePort((listen) => startAt(listen, startPage, issuerOptions));
}

async function startAt(listen, startPage, issuerOptions) {
  const started = [];
  const stop = async () => {
    for (const part of started.splice(0).reverse()) await part.stop();
  };
  try {
    const issuer = await startIssuer({ "cors-origin": `http://${listen}`, ...issuerOptions });
    started.push(issuer);
    const jwks = await issuer.jwks();
    const page = await startPage({ issuer: issuer.url, audience: AUDIENCE, jwks });
    started.push(page);
    const gate = await startGate({ issuer: issuer.url, origin: page.url, jwks, listen });
    started.push(gate);
    return { issuer, page, gate, url: gate.url, jwks, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
