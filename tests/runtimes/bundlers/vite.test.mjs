// The package in Vite: built, and from its development server, which bundles dependencies in a way of its own.
import { join } from "node:path";
import { test } from "node:test";
import { build, createServer } from "vite";
import { startBrowser } from "../../harness/browser.mjs";
import { assertAnswers, makeQuestion, project } from "../loading.mjs";
import { assertBuilt, PAGE, pageMain, waitForAnswers } from "./built.mjs";

const files = () => ({ "index.html": PAGE, "main.mjs": pageMain(makeQuestion()) });

test("the README's lines run in a page that Vite built", async (t) => {
  const folder = project(t, files());
  await build({ root: folder, configFile: false, logLevel: "error" });
  await assertBuilt(join(folder, "dist"));
});

test("the README's lines run from Vite's development server", async (t) => {
  const server = await createServer({
    root: project(t, files()),
    configFile: false,
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0, hmr: false, ws: false },
  });
  t.after(() => server.close());
  await server.listen();
  const address = `http://127.0.0.1:${server.httpServer.address().port}/`;
  // With wasm, and in a browser that has none.
  for (const flags of [[], ["--js-flags=--jitless"]]) {
    const browser = await startBrowser(flags);
    t.after(() => browser.close());
    const page = await browser.newPage();
    await page.goto(address);
    assertAnswers(await page.evaluate(waitForAnswers));
  }
});
