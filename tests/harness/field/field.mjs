// Where the session client is tried out: the real issuer and gate, a page of a few lines, and people with browsers of their own.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { PASSWORD, USER } from "../issuer.mjs";
import { startBehindGate } from "../page.mjs";
import { root, until } from "../process.mjs";

const dist = join(root, "verifier-wasm/js/dist");
const SCRIPTS = {
  "/page.js": join(root, "tests/harness/field/page.js"),
  "/session.js": join(dist, "session.js"),
  "/verifier.js": join(dist, "browser.js"),
  // Loaded by the verifier where WebAssembly is forbidden.
  "/plain.js": join(dist, "plain.js"),
};
const PATIENCE_MS = 30_000;

/** Issuer, page and gate behind one address; `/strict` is the page under a policy that forbids WebAssembly. */
export function startField(issuerOptions = {}) {
  return startBehindGate(startPage, issuerOptions);
}

async function startPage(config) {
  const scripts = new Map(Object.entries(SCRIPTS).map(([path, file]) => [path, readFileSync(file)]));
  const json = JSON.stringify(config).replaceAll("<", "\\u003c");
  const html = `<!doctype html><meta charset="utf-8"><title>Field</title><link rel="icon" href="data:,">
<script type="application/json" id="config">${json}</script>
<p id="content"></p><script type="module" src="/page.js"></script>`;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://page");
    if (pathname.startsWith("/api/")) {
      const who = { sub: request.headers["x-shelflife-sub"], gen: Number(request.headers["x-shelflife-gen"]) };
      return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(who));
    }
    const script = scripts.get(pathname);
    if (script) return response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    const policy = pathname === "/strict" ? { "content-security-policy": "script-src 'self'" } : {};
    return response.writeHead(200, { "content-type": "text/html; charset=utf-8", ...policy }).end(html);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

/**
 * Somebody with a browser profile. `told` is every event of every tab, in order, also of tabs that are gone; `clock` is how many
 * seconds the device's clock is ahead; `options` go to `createSession`.
 */
export async function person(browser, t, field, { clock = 0, options = {}, context: given } = {}) {
  const context = given ?? (await browser.newContext());
  t.after(() => context.close());
  context.setDefaultTimeout(PATIENCE_MS);
  const told = [];
  await context.exposeBinding("told", (_, event) => void told.push(event));
  await context.addInitScript(
    ({ clock, options }) => {
      const now = Date.now;
      window.clock = clock;
      Date.now = () => window.stopped ?? now() + window.clock * 1000;
      window.sessionOptions = options;
    },
    { clock, options },
  );
  const open = async (path = "/") => {
    const page = await context.newPage();
    await page.goto(field.url + path);
    await page.waitForFunction(() => window.session ?? window.trouble, undefined, { polling: 50 });
    return tabOf(page);
  };
  return {
    context,
    told,
    open,
    async signedIn() {
      const tab = await open();
      await tab.signIn();
      return tab;
    },
    /**
     * Why this person was signed out, in any tab, sorted; to be nothing, or what should have happened. Every tab that is open looks
     * once more first, so that nothing is overlooked that is only about to be told.
     */
    async signOuts() {
      await Promise.all(context.pages().map((page) => page.evaluate(() => window.lookAgain?.())));
      return told
        .filter(({ type }) => type === "signed-out")
        .map(({ reason }) => reason)
        .toSorted();
    },
    /** Waits until so many events of this type have come. */
    heard: (type, times = 1) =>
      until(() => told.filter((event) => event.type === type).length >= times, `the event ${type}, ${times} times`),
  };
}

function tabOf(page) {
  return {
    page,
    signIn: () =>
      page.evaluate(
        ([username, password]) => session.login({ username, password, rememberMe: true }),
        [USER, PASSWORD],
      ),
    snapshot: () => page.evaluate(() => session.judge()),
    generation: () => page.evaluate(() => session.lastKnownClaims()?.gen),
    token: () => page.evaluate(() => session.rawToken()),
    /** Waits until the page's own session says so. */
    state: (state) => page.waitForFunction((state) => session.judge().state === state, state, { polling: 50 }),
    /** The protected call through `session.fetch`: its status, or the code of the error it was rejected with. */
    call: () =>
      page.evaluate(() =>
        session.fetch("/api/me").then(
          ({ status }) => status,
          ({ code, message }) => code ?? message,
        ),
      ),
    exchange: () =>
      page.evaluate(() =>
        session.exchange().then(
          () => "exchanged",
          ({ reason, code }) => reason ?? code,
        ),
      ),
    setClock: (seconds) =>
      page.evaluate((seconds) => {
        window.clock = seconds;
      }, seconds),
    /** The device's clock is so far ahead and stands still: however long the machine takes, it takes no time here. */
    stopClock: (seconds) =>
      page.evaluate((seconds) => {
        window.clock = seconds;
        window.stopped = undefined;
        window.stopped = Date.now();
      }, seconds),
  };
}
