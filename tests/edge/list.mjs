// The one list of what a gate must do, whatever it runs in. A runner per runtime says how the site is started there.
import { after, before, describe, test } from "node:test";
import { claimsOf } from "../harness/issuer.mjs";
import { sleep } from "../harness/process.mjs";
import { cookies } from "./cases/cookie.mjs";
import { doors } from "./cases/doors.mjs";
import { exchanges } from "./cases/exchange.mjs";
import { EVERY, revocations, shut } from "./cases/revocations.mjs";
import { spoofing } from "./cases/spoofing.mjs";
import { policy } from "./policy.mjs";
import { startWorld } from "./world.mjs";

/** Declares the tests of one runtime; `start` is one of servers/start.mjs. */
export function testGateIn(runtime, start, gateOptions = {}) {
  inWorld(`${runtime}: the gate`, [...doors, ...cookies, ...spoofing], async () => {
    const world = await startWorld(start, {}, gateOptions);
    const aged = await world.issuer.login();
    await sleep(claimsOf(aged).auth_time * 1000 + 2_100 - Date.now());
    return { ...world, aged };
  });
  inWorld(`${runtime}: the exchange at the gate`, exchanges, async () => {
    const world = await startWorld(start, { "access-ttl": "2s", "refresh-ttl": "60s" }, gateOptions);
    const { issuer } = world;
    const short = await issuer.login({ remember_me: false });
    const bound = await issuer.loginBound();
    const stale = [];
    while (stale.length < 9) stale.push(await issuer.open({ sub: `user-${stale.length}`, remember_me: true }));
    await sleep(claimsOf(stale.at(-1)).bbf * 1000 + 100 - Date.now());
    return { ...world, bound, stale, expiring: { token: short, exp: claimsOf(short).exp } };
  });
  const polling = (more) => ({ ...gateOptions, policy: { ...policy, revocations: { every: EVERY, ...more } } });
  inWorld(`${runtime}: revocations at the gate`, revocations, () => startWorld(start, {}, polling({})));
  const strict = polling({ maxAge: 2, whenOutdated: "shut" });
  inWorld(`${runtime}: a gate that shuts`, shut, () => startWorld(start, {}, strict));
}

function inWorld(name, cases, start) {
  describe(name, () => {
    let world;
    before(async () => {
      world = await start();
    });
    after(() => world?.stop());
    for (const [what, run] of cases) test(what, () => run(world));
  });
}
