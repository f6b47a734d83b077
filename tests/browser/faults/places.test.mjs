// Browsers that give a page less than it expects: no storage, a full one, a private window, a policy without WebAssembly.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startBrowser, startProfile } from "../../harness/browser.mjs";
import { person, startField } from "../../harness/field/field.mjs";
import { allStarted } from "../../harness/process.mjs";

let browser;
let field;

before(async () => {
  [browser, field] = await allStarted(startBrowser(), startField({ "access-ttl": "10m" }));
});
after(async () => {
  await browser?.close();
  await field?.stop();
});

/** Signs in, exchanges and calls: what a session has to do wherever it lives. */
async function livesIn(tab) {
  await tab.signIn();
  assert.equal(await tab.call(), 200);
  assert.equal(await tab.exchange(), "exchanged");
  assert.equal(await tab.generation(), 2);
  assert.equal(await tab.call(), 200);
}

/** The ordinary windows of a new profile with these preferences; the contexts of `browser` are private windows. */
async function profileOf(t, preferences = {}) {
  const folder = mkdtempSync(join(tmpdir(), "shelflife-profile-"));
  // Only after the browser is gone, whose processes write into it to the last.
  let profile;
  t.after(async () => {
    await profile?.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });
  mkdirSync(join(folder, "Default"));
  writeFileSync(join(folder, "Default", "Preferences"), JSON.stringify(preferences));
  profile = await startProfile(folder);
  return profile;
}

test("where every touch of the storage throws the session lives in memory", async (t) => {
  const ann = await person(browser, t, field);
  await ann.context.addInitScript(() => {
    Object.defineProperty(window, "localStorage", {
      get() {
        throw new DOMException("forbidden", "SecurityError");
      },
    });
  });
  const tab = await ann.open();
  await livesIn(tab);
  assert.equal(await tab.page.evaluate(() => session.persistent), false);
  assert.deepEqual(await ann.signOuts(), []);
});

test("where the user has blocked site data the session lives in memory", async (t) => {
  const profile = await profileOf(t, { profile: { default_content_setting_values: { cookies: 2 } } });
  const ann = await person(undefined, t, field, { context: profile });
  const tab = await ann.open();
  const touch = await tab.page.evaluate(() => {
    try {
      return typeof localStorage;
    } catch (error) {
      return error.name;
    }
  });
  assert.equal(touch, "SecurityError", "Chromium itself throws");
  await livesIn(tab);
  assert.deepEqual(await ann.signOuts(), []);
});

test("a storage that is full keeps nothing outdated, and siblings go on by what they are told", async (t) => {
  const ann = await person(browser, t, field);
  const tab = await ann.signedIn();
  const sibling = await ann.open();
  // Really full: not a byte more fits, and so the next token, which is no longer, only fits if this one may go.
  await tab.page.evaluate(() => {
    let size = 5 * 1024 * 1024;
    for (let filler = 0; size >= 1; filler++) {
      try {
        localStorage.setItem(`filler-${filler}`, "x".repeat(size));
      } catch {
        size = Math.floor(size / 2);
      }
    }
  });
  assert.equal(await tab.exchange(), "exchanged");
  assert.equal(await tab.exchange(), "exchanged");
  const now = await tab.generation();
  await sibling.page.waitForFunction((now) => session.lastKnownClaims()?.gen === now, now, { polling: 50 });
  assert.equal(await sibling.exchange(), "exchanged");
  assert.deepEqual(await ann.signOuts(), []);
});

test("where no write works any more, siblings go on by what they are told", async (t) => {
  const ann = await person(browser, t, field);
  const tab = await ann.signedIn();
  const sibling = await ann.open();
  await tab.page.evaluate(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  for (let time = 0; time < 3; time++) assert.equal(await tab.exchange(), "exchanged");
  assert.equal(await tab.page.evaluate(() => session.persistent), false);
  const now = await tab.generation();
  await sibling.page.waitForFunction((now) => session.lastKnownClaims()?.gen === now, now, { polling: 50 });
  assert.equal(await sibling.call(), 200);
  assert.deepEqual(await ann.signOuts(), []);
});

test("storage that is emptied while a page is open signs nobody out", async (t) => {
  const ann = await person(browser, t, field);
  const tab = await ann.signedIn();
  const sibling = await ann.open();
  await tab.page.evaluate(() => localStorage.clear());
  assert.equal(await sibling.exchange(), "exchanged");
  assert.equal(await tab.call(), 200);
  assert.equal((await (await ann.open()).snapshot()).state, "fresh");
  assert.deepEqual(await ann.signOuts(), []);
});

test("a private window has a session of its own, and leaves nothing behind", async (t) => {
  const profile = await profileOf(t);
  const ann = await person(undefined, t, field, { context: profile });
  const ordinary = await ann.signedIn();
  const inPrivate = await person(profile.browser() ?? browser, t, field);
  const tab = await inPrivate.open();
  assert.equal((await tab.snapshot()).state, "signed-out", "nothing of the ordinary windows is here");
  await livesIn(tab);
  await inPrivate.context.close();
  const inAnother = await person(profile.browser() ?? browser, t, field);
  const again = await inAnother.open();
  assert.equal((await again.snapshot()).state, "signed-out");
  assert.equal(await ordinary.call(), 200);
  for (const someone of [ann, inPrivate, inAnother]) assert.deepEqual(await someone.signOuts(), []);
});

test("under a policy that forbids WebAssembly the session lives as anywhere else", async (t) => {
  const ann = await person(browser, t, field);
  const strict = await ann.open("/strict");
  const compiled = await strict.page.evaluate(() =>
    WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(String, ({ name }) => name),
  );
  assert.equal(compiled, "CompileError", "Chromium itself forbids it");
  await livesIn(strict);
  const elsewhere = await ann.open();
  assert.equal((await elsewhere.snapshot()).state, "fresh", "one session, whoever judges it");
  assert.equal(await elsewhere.call(), 200);
  assert.deepEqual(await ann.signOuts(), []);
});
