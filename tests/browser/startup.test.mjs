// A page that starts with a token: who is signed in is known without a request, and before anything of it is painted.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBrowser } from "../harness/browser.mjs";
import { person, startField } from "../harness/field/field.mjs";
import { allStarted } from "../harness/process.mjs";

const STARTS = 7;

let browser;
let field;

before(async () => {
  [browser, field] = await allStarted(startBrowser(), startField({ "access-ttl": "10m" }));
});
after(async () => {
  await browser?.close();
  await field?.stop();
});

/** What the page itself measured, in milliseconds since the navigation began, once it has painted its content. */
function measured(page) {
  return page.evaluate(async () => {
    const paint = await new Promise((resolve) => {
      new PerformanceObserver((list) => {
        const found = list.getEntries().find(({ name }) => name === "first-contentful-paint");
        if (found) resolve(found.startTime);
      }).observe({ type: "paint", buffered: true });
    });
    const one = (name) => performance.getEntriesByName(name)[0].startTime;
    const scripts = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
    return { scripts, loaded: one("loaded"), verdict: one("verdict"), paint, shown: content.textContent };
  });
}

test("with a fresh token the page shows who is signed in with no request and at the first paint", async (t) => {
  const ann = await person(browser, t, field);
  await (await ann.signedIn()).page.close();
  const asked = [];
  ann.context.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const runs = [];
  for (let start = 0; start < STARTS; start++) {
    const tab = await ann.open();
    runs.push(await measured(tab.page));
    await tab.page.close();
  }
  const median = (of) => Math.round(runs.map(of).toSorted((one, other) => one - other)[(STARTS - 1) / 2] * 10) / 10;
  t.diagnostic(
    `navigation start to verdict: ${median((run) => run.verdict)} ms, of which after the scripts had arrived: ` +
      `${median((run) => run.verdict - run.loaded)} ms; first paint of content: ${median((run) => run.paint)} ms ` +
      `(medians of ${STARTS} starts)`,
  );
  for (const { scripts, verdict, paint, shown } of runs) {
    assert.deepEqual(
      scripts.toSorted(),
      ["/page.js", "/session.js", "/verifier.js"],
      "the page itself and nothing else",
    );
    assert.equal(shown, "fresh");
    assert.ok(verdict <= paint, `judged after ${verdict} ms, painted after ${paint} ms`);
  }
  assert.deepEqual(new Set(asked), new Set(["/", "/page.js", "/session.js", "/verifier.js"]));
  assert.deepEqual(await ann.signOuts(), []);
});
