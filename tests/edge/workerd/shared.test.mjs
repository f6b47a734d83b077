// What isolates of one place share, by the Cache API: another workerd with the same cache stands for another isolate.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startCache } from "../../harness/cache.mjs";
import { rawRequest } from "../../harness/gate.mjs";
import { AUDIENCE } from "../../harness/issuer.mjs";
import { sleep, until } from "../../harness/process.mjs";
import { policy } from "../policy.mjs";
import { inWorkerd } from "../servers/start.mjs";
import { bearer, startWorld } from "../world.mjs";

let cache;
let world;

before(async () => {
  cache = await startCache();
  world = await startWorld(inWorkerd, {}, { plain: true }, { cache: cache.url });
});
after(async () => {
  await world?.stop();
  await cache?.stop();
});

/** Whether the cache has something of this name that came from the issuer at this time or later, in milliseconds. */
function keptSince(time, name) {
  const came = (kept) => Number(/^x-at: (\d+)/im.exec(kept)?.[1]);
  return [...cache.entries].some(([address, kept]) => address.endsWith(name) && came(kept) >= time);
}

/** One more isolate, with nothing in its memory. */
async function isolate(t, options = {}) {
  const site = await inWorkerd(
    { plain: true, issuer: world.front.url, audience: AUDIENCE, policy, ...options },
    { cache: cache.url },
  );
  t.after(() => site.stop());
  return (path, headers) => rawRequest(site.url, path, headers);
}

test("keys that one isolate fetched are there for the next one, even while the issuer is gone", async (t) => {
  const token = bearer(await world.issuer.login());
  assert.equal((await world.ask("/api/x", token)).status, 200);
  assert.equal(world.front.times("/.well-known/jwks.json"), 1);
  await until(() => keptSince(0, "jwks"), "the keys in the cache");
  world.front.state = "gone";
  t.after(() => {
    world.front.state = "ok";
  });
  const ask = await isolate(t);
  assert.equal((await ask("/api/x", token)).status, 200);
  assert.equal(world.front.times("/.well-known/jwks.json"), 1);
});

test("keys in the cache that are too old are not used, and those of an hour ago only until there are newer ones", async (t) => {
  const token = bearer(await world.issuer.login());
  const [[address, kept]] = [...cache.entries].filter(([it]) => it.includes("jwks"));
  t.after(() => {
    cache.entries.set(address, kept);
    world.front.state = "ok";
  });
  const aged = (hours) => kept.replace(/x-at: \d+/i, `x-at: ${Date.now() - hours * 3_600_000}`);
  world.front.state = "gone";
  cache.entries.set(address, aged(25));
  assert.deepEqual([(await (await isolate(t))("/api/x", token)).status], [503], "after a day nobody vouches for them");
  cache.entries.set(address, aged(2));
  assert.equal((await (await isolate(t))("/api/x", token)).status, 200, "better than nothing");
  world.front.state = "ok";
  const before = world.front.times("/.well-known/jwks.json");
  assert.equal((await (await isolate(t))("/api/x", token)).status, 200);
  assert.equal(world.front.times("/.well-known/jwks.json"), before + 1);
});

test("an isolate begins with the revocations that another one knew, and one question serves both", async (t) => {
  const revoking = { policy: { ...policy, revocations: { every: 2 } } };
  const [ended, other] = [await world.issuer.login(), await world.issuer.login()];
  const first = await isolate(t, revoking);
  await first("/api/x", bearer(ended));
  await world.issuer.logout(ended);
  await until(async () => (await first("/api/x", bearer(ended))).status === 401, "the end of the session at the gate");
  const known = Date.now();
  await until(async () => {
    await first("/api/x", bearer(other));
    return keptSince(known, "/revocations");
  }, "what the first isolate knows in the cache");
  world.front.state = "gone";
  const second = await isolate(t, revoking);
  t.after(() => {
    world.front.state = "ok";
  });
  const statuses = async (ask) => [
    (await ask("/api/x", bearer(ended))).status,
    (await ask("/api/x", bearer(other))).status,
  ];
  assert.deepEqual(await statuses(second), [401, 200], "its first request already");

  world.front.state = "ok";
  const asked = world.front.times("/revocations");
  const started = Date.now();
  const passed = () => (Date.now() - started) / 1000;
  while (passed() < 6) {
    assert.deepEqual(await statuses(first), [401, 200]);
    assert.deepEqual(await statuses(second), [401, 200]);
    await sleep(100);
  }
  const times = world.front.times("/revocations") - asked;
  // An interval is shortened by a fifth at most.
  const most = passed() / 1.6 + 2;
  assert.ok(times >= 1 && times <= most, `${times} questions of two isolates in ${passed().toFixed(1)} s`);
});

test("a cache that answers nonsense, or not at all, is no cache", async (t) => {
  const token = bearer(await world.issuer.login());
  const saved = [...cache.entries];
  for (const address of cache.entries.keys()) {
    cache.entries.set(address, `HTTP/1.1 200 OK\r\nx-at: ${Date.now()}\r\n\r\nnot a key set`);
  }
  assert.equal((await (await isolate(t))("/api/x", token)).status, 200);
  for (const [address, kept] of saved) cache.entries.set(address, kept);
  await cache.stop();
  assert.equal((await (await isolate(t))("/api/x", token)).status, 200);
  cache = undefined;
});
