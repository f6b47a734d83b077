// Chromium, and the demo page in it.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { PASSWORD, USER } from "./issuer.mjs";
import { root } from "./process.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const PATIENCE_MS = 30_000;
const WIDTHS = [390, 1280];

function launchOptions(flags = []) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  if (!existsSync(executablePath)) throw new Error("Chromium is not there: run `cargo xtask test`, or set CHROMIUM");
  return { executablePath, headless: true, args: [...FLAGS, ...flags] };
}

/** Starts Chromium without a window; `flags` go to it as they are, `more` to Playwright. */
export async function startBrowser(flags = [], more = {}) {
  return chromium.launch({ ...launchOptions(flags), ...more });
}

/** Ordinary windows of a Chromium that keeps its profile in this folder; the contexts of `startBrowser` are private windows. */
export async function startProfile(folder) {
  return chromium.launchPersistentContext(folder, launchOptions());
}

/** A person's browser profile of its own: nothing is shared with the other tests. */
export async function openProfile(browser, t) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  context.setDefaultTimeout(PATIENCE_MS);
  t.after(() => context.close());
  return context;
}

/** A tab that shows the demo page; `errors` holds what went wrong in it. */
export async function openTab(context, url) {
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(url);
  return demoPage(page, errors);
}

/** In the page: what scrolls by itself is painted a frame after the page was given another width. */
function painted() {
  const frames = new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  // A page behind another one has no frames.
  return Promise.race([frames, new Promise((done) => setTimeout(done, 500))]);
}

/** The page by what a person sees and does on it. */
function demoPage(page, errors) {
  const at = (id) => page.getByTestId(id);
  return {
    page,
    errors,
    at,
    text: async (id) => ((await at(id).first().textContent()) ?? "").trim(),
    /** Waits until a text is there, or one that matches; what a page shows follows what it does. */
    shows: (id, text) => at(id).filter({ hasText: text }).first().waitFor(),
    /** Waits until the page says that the session is in this state, or in one of these. */
    state: (...states) =>
      page
        .locator(states.map((state) => `[data-testid="state"][data-state="${state}"]`).join())
        .first()
        .waitFor(),
    async signIn({ remember = true } = {}) {
      await at("username").fill(USER);
      await at("password").fill(PASSWORD);
      await at("remember").setChecked(remember);
      await at("sign-in").click();
      // Stale by now where tokens are short-lived and the machine is slow: signed in all the same.
      await this.state("fresh", "stale");
    },
    /** Presses the button of the protected call, and gives the status of the answer and the token that was sent. */
    async callApi() {
      const answered = page.waitForResponse((response) => new URL(response.url()).pathname.startsWith("/api/"));
      await at("call-api").click();
      const response = await answered;
      const { authorization = "" } = await response.request().allHeaders();
      return { status: response.status(), token: authorization.replace(/^Bearer /, "") };
    },
    /** Looks at the page as it is on a phone and on a desk, in dark and in light; the pictures are for people to look at. */
    async picture(name) {
      const folder = join(root, "target", "screenshots");
      mkdirSync(folder, { recursive: true });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        for (const colorScheme of ["dark", "light"]) {
          // Nothing is caught half-way to where it goes.
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          await page.evaluate(painted);
          await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
        }
      }
    },
    /** Whether everything fits the width of a phone without scrolling sideways. */
    async fitsAPhone() {
      await page.setViewportSize({ width: 390, height: 844 });
      return page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
    },
  };
}
