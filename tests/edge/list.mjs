// The one list of what a gate must do, whatever it runs in. A runner per runtime says how the site is started there.
import { after, before, describe, test } from "node:test";
import { claimsOf } from "../harness/issuer.mjs";
import { sleep } from "../harness/process.mjs";
import { cookies } from "./cases/cookie.mjs";
import { doors } from "./cases/doors.mjs";
import { exchanges } from "./cases/exchange.mjs";
import { EVERY, revocations, shut } from "./cases/revocations.mjs";
import { seen } from "./cases/seen.mjs";
import { spoofing } from "./cases/spoofing.mjs";
import { policy } from "./policy.mjs";
import { startWorld } from "./world.mjs";

/** Declares the tests of one runtime; `start` is one of servers/start.mjs. */
export function testGateIn(runtime, start, gateOptions = {}) {
  const gate = () => startWorld(start, {}, gateOptions);
  inWorld(`${runtime}: the gate`, [...doors, ...cookies, ...spoofing, ...seen], gate, async ({ issuer }) => ({
    aging: await issuer.login(),
  }));
  const exchanging = () => startWorld(start, { "access-ttl": "6s", "refresh-ttl": "10m" }, gateOptions);
  inWorld(`${runtime}: the exchange at the gate`, exchanges, exchanging, async ({ issuer }) => {
    const short = await issuer.login({ remember_me: false });
    const bound = await issuer.loginBound();
    const stale = [];
    while (stale.length < 9) stale.push(await issuer.open({ sub: `user-${stale.length}`, remember_me: true }));
    await sleep(claimsOf(stale.at(-1)).bbf * 1000 + 100 - Date.now());
    return { bound, stale, expiring: { token: short, exp: claimsOf(short).exp } };
  });
  const polling = (more) => ({ ...gateOptions, policy: { ...policy, revocations: { every: EVERY, ...more } } });
  inWorld(`${runtime}: revocations at the gate`, revocations, () => startWorld(start, {}, polling({})));
  const strict = polling({ maxAge: 2, whenOutdated: "shut" });
  inWorld(`${runtime}: a gate that shuts`, shut, () => startWorld(start, {}, strict));
}

/** `prepare` adds to the world what its cases need. */
function inWorld(name, cases, start, prepare = () => ({})) {
  describe(name, () => {
    let world;
    before(async () => {
      // Kept first: what fails after this leaves nothing open.
      world = await start();
      Object.assign(world, await prepare(world));
    });
    after(() => world?.stop());
    for (const [what, run] of cases) test(what, () => run(world));
  });
}
