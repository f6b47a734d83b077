// The gate tells the issuer which generations arrived at their browsers. What is told when is tested in node/seen.test.mjs.
import assert from "node:assert/strict";
import { until } from "../../harness/process.mjs";
import { cookie } from "../world.mjs";

const SEEN = "/sessions/seen";

export const seen = [
  [
    "a generation that an exchange made is told to the issuer once, when a browser brings it",
    async ({ ask, issuer, front }) => {
      const first = await issuer.login();
      const before = front.times(SEEN);
      assert.equal((await ask("/pages/x", cookie(first))).status, 200);
      const second = await issuer.exchanged(first);
      const visits = await Promise.all([1, 2, 3].map(() => ask("/pages/x", cookie(second))));
      assert.deepEqual([...new Set(visits.map(({ status }) => status))], [200]);
      const third = await issuer.exchanged(second);
      assert.equal((await ask("/pages/x", cookie(third))).status, 200);
      await until(() => front.times(SEEN) >= before + 2, "both generations at the issuer");
      assert.equal((await ask("/pages/x", cookie(third))).status, 200);
      // A report that came too often would have come before this one.
      const other = await issuer.exchanged(await issuer.login());
      assert.equal((await ask("/pages/x", cookie(other))).status, 200);
      await until(() => front.times(SEEN) >= before + 3, "the generation of another session at the issuer");
      assert.equal(front.times(SEEN), before + 3);
    },
  ],
  [
    "a signed-in user gets in also when the issuer is gone at that moment",
    async ({ ask, issuer, front }) => {
      const token = await issuer.exchanged(await issuer.login());
      assert.equal((await ask("/api/x", { authorization: `Bearer ${token}` })).status, 200);
      front.state = "gone";
      try {
        assert.equal((await ask("/pages/x", cookie(token))).status, 200);
        assert.equal((await ask("/pages/x", cookie(token))).status, 200);
      } finally {
        front.state = "ok";
      }
    },
  ],
];
