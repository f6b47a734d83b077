// Whatever a caller writes into identity headers, in whatever spelling, on whatever kind of route: it never arrives.
import assert from "node:assert/strict";
import { EVERY_KIND } from "../policy.mjs";
import { bearer, cookie } from "../world.mjs";

const ROUNDS = 25;

/** The same numbers in every run; `SEED` chooses others. */
function chance(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const NAMES = ["sub", "sid", "gen", "scope", "groups", "client-id", "auth-time", "new", "", "sub-"];

/** A spelling that some origin takes for a header of the gate. */
function spelling(pick) {
  const name = `x-shelflife-${NAMES[pick(NAMES.length)]}`;
  const letter = (it) => (it === "-" && pick(2) ? "_" : pick(2) ? it.toUpperCase() : it);
  return [...name].map(letter).join("");
}

export const spoofing = [
  [
    "identity headers of the caller never arrive, on any kind of route",
    async ({ ask, issuer }) => {
      const seed = Number(process.env.SEED ?? 1);
      const pick = chance(seed);
      const tokens = [
        await issuer.open({ sub: "real", scope: "reports", groups: ["admins"] }),
        await issuer.open({ sub: "real" }),
        await issuer.login(),
      ];
      const credentials = [() => ({}), bearer, cookie, (token) => ({ ...bearer(token), ...cookie(token) })];
      let arrived = 0;
      for (const kind of EVERY_KIND) {
        for (let round = 0; round < ROUNDS; round++) {
          const method = ["GET", "POST", "OPTIONS", "DELETE"][pick(4)];
          const headers = { "sec-fetch-site": "same-origin", ...credentials[pick(4)](tokens[pick(3)]) };
          if (pick(4) === 0) headers["access-control-request-method"] = "GET";
          for (let count = 1 + pick(4); count > 0; count--) headers[spelling(pick)] = `spoofed-${pick(99)}`;
          const path = pick(4) === 0 ? `${kind}?access_token=${tokens[0]}` : kind;
          const answer = await ask(path, headers, method);
          const told = `seed ${seed}: ${method} ${path} ${JSON.stringify(headers)}`;
          assert.ok(!answer.text.includes("spoofed-"), told);
          if (answer.status !== 200) continue;
          arrived += 1;
          const seen = answer.json();
          const names = Object.keys(seen.headers).filter((name) =>
            name.replaceAll("_", "-").startsWith("x-shelflife-"),
          );
          if (seen.claims === null) assert.deepEqual(names, [], told);
          else assert.equal(decodeURIComponent(seen.headers["x-shelflife-sub"]), seen.claims.sub, told);
        }
      }
      assert.ok(arrived > EVERY_KIND.length, `${arrived} requests arrived`);
    },
  ],
];
