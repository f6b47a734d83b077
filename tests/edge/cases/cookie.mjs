// The cookie of pages that a server renders, while its token is fresh: who may use it, and who gets to see it.
import assert from "node:assert/strict";
import { claimsOf } from "../../harness/issuer.mjs";
import { bearer, COOKIE, cookie, cookieSet, NAVIGATION, redirectOf } from "../world.mjs";

/** Cookies that the issuer sets for itself. */
const ISSUERS = ["binder-AbCdEf012345", "binder-ZZZZZZ012345", "device", "device-1"]
  .map((name) => `__Host-shelflife-${name}=secret`)
  .join("; ");

export const cookies = [
  [
    "the cookie opens a page, and neither it nor a cookie of the issuer arrives behind the gate, on any route",
    async ({ ask, issuer }) => {
      const token = await issuer.login();
      const sent = { cookie: `a=1; ${COOKIE}=${token}; __Host-shelflife-binder=secret; b="2"; ${ISSUERS}` };
      for (const path of ["/pages/x", "/api/x", "/about"]) {
        const answer = await ask(path, { ...NAVIGATION, ...sent });
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json().headers.cookie, 'a=1; b="2"');
        assert.equal(cookieSet(answer), undefined, "nothing to renew");
      }
      assert.equal((await ask("/pages/x", cookie(token))).json().claims.sub, claimsOf(token).sub);
      assert.equal((await ask("/about", cookie(token))).json().headers.cookie, undefined);
    },
  ],
  [
    "a cookie whose name begins with bytes that some programs trim away is another cookie, and passes as it is",
    async ({ ask, issuer }) => {
      const token = await issuer.login();
      // U+00A0, U+0085, U+2000, U+3000 and U+FEFF, in Latin-1 and as UTF-8 writes them.
      for (const bytes of ["\xa0", "\x85", "\xc2\xa0", "\xe2\x80\x80", "\xe3\x80\x80", "\xef\xbb\xbf"]) {
        const made = `a=1; ${bytes}${COOKIE}=${token}`;
        assert.equal(
          redirectOf(await ask("/pages/x", { ...NAVIGATION, cookie: made })).reason,
          "missing",
          JSON.stringify(bytes),
        );
        const both = { ...NAVIGATION, cookie: `${made}; ${COOKIE}=${token}` };
        assert.equal((await ask("/pages/x", both)).status, 200, "it takes no part");
      }
      const spaced = { ...NAVIGATION, cookie: `a=1; \t ${COOKIE}=${token}\t ; b=2` };
      assert.equal((await ask("/pages/x", spaced)).status, 200);
    },
  ],
  [
    "two cookies of the name are none, and where the route wants the cookie a header does not do",
    async ({ ask, issuer }) => {
      const token = await issuer.login();
      const twice = { cookie: `${COOKIE}=${token}; ${COOKIE}=${token}` };
      assert.equal(redirectOf(await ask("/pages/x", { ...NAVIGATION, ...twice })).reason, "missing");
      const within = { cookie: `theme=dark, ${COOKIE}=${token}; lang="en,${COOKIE}=${token}"` };
      assert.equal(
        (await ask("/pages/x", within)).json().reason,
        "missing",
        "another cookie's value is not this cookie",
      );
      assert.equal((await ask("/pages/x", bearer(token))).status, 401);
      assert.equal((await ask("/media/x", cookie(token))).status, 401, "and the other way round");
    },
  ],
  [
    "with the cookie a state-changing request must come from a page of this site",
    async ({ ask, issuer, site }) => {
      const token = await issuer.login();
      const post = (headers, method = "POST") => ask("/pages/x", { ...cookie(token), ...headers }, method, "body");
      const own = new URL(site.url).origin;
      for (const headers of [
        { "sec-fetch-site": "same-origin" },
        { "sec-fetch-site": "same-origin", origin: "null" },
        { origin: own },
        { origin: "https://partner.example", "sec-fetch-site": "cross-site" },
      ]) {
        const answer = await post(headers);
        assert.deepEqual([answer.status, answer.json().body], [200, "body"], JSON.stringify(headers));
      }
      for (const headers of [
        {},
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-site" },
        { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
        { origin: "https://evil.example" },
        { origin: "null" },
        { origin: own.replace("http:", "https:") },
      ]) {
        for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
          const answer = await post(headers, method);
          assert.deepEqual([answer.status, answer.json().reason], [403, "cross_site"], JSON.stringify(headers));
        }
      }
      const upgrade = { ...cookie(token), upgrade: "h2c", connection: "upgrade", origin: "https://evil.example" };
      assert.notEqual((await ask("/pages/x", upgrade).catch(() => ({ status: 400 }))).status, 200);
      const evil = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
      assert.equal((await ask("/api/x", { ...evil, ...bearer(token) }, "POST")).status, 200, "a header proves itself");
    },
  ],
  [
    "a cookie that is not genuine leads to the sign-in page, and is left alone",
    async ({ ask, issuer }) => {
      const token = await issuer.login();
      for (const [made, reason] of [
        [`${token.slice(0, -4)}AAAA`, "bad-signature"],
        ["nonsense", "malformed"],
      ]) {
        const answer = await ask("/pages/x", { ...NAVIGATION, ...cookie(made) });
        assert.equal(redirectOf(answer).reason, reason);
        assert.equal(cookieSet(answer), undefined);
      }
    },
  ],
];
