// What opens and what does not: routes, requirements, and the two ways of saying no.
import assert from "node:assert/strict";
import { claimsOf } from "../../harness/issuer.mjs";
import { sleep } from "../../harness/process.mjs";
import { RECENT } from "../policy.mjs";
import { bearer, NAVIGATION, redirectOf } from "../world.mjs";

const PAGE = { origin: "https://page.example" };

export const doors = [
  [
    "a fresh token opens, and what is behind the gate is told who it is, without the token",
    async ({ ask, issuer }) => {
      const token = await issuer.login();
      const answer = await ask("/api/me?a=%20b", bearer(token));
      assert.equal(answer.status, 200, answer.text);
      const { url, headers, claims } = answer.json();
      assert.equal(url, "/api/me?a=%20b");
      assert.deepEqual([headers["x-shelflife-sub"], claims.sid], [claimsOf(token).sub, claimsOf(token).sid]);
      assert.equal(headers.authorization, undefined);
      assert.ok(!answer.text.includes(token));
    },
  ],
  [
    "what is public is open to everyone, and tells nobody's name",
    async ({ ask, issuer }) => {
      const token = await issuer.login();
      for (const headers of [{}, bearer(token), { authorization: [`Bearer ${token}`, "Bearer other"] }]) {
        const answer = await ask("/about", headers);
        assert.equal(answer.status, 200);
        const { headers: arrived, claims } = answer.json();
        assert.deepEqual([claims, arrived["x-shelflife-sub"], arrived.authorization], [null, undefined, undefined]);
      }
    },
  ],
  [
    "a call without a token gets 401 and JSON, and a navigation is led to the sign-in page and told the way back",
    async ({ ask }) => {
      const calls = [{}, { accept: "*/*" }, { "sec-fetch-mode": "cors", accept: "text/html" }];
      for (const headers of calls) {
        const answer = await ask("/api/me", headers);
        assert.deepEqual([answer.status, answer.json().reason], [401, "missing"]);
        assert.equal(answer.headers["www-authenticate"], 'Bearer realm="shelflife"');
        assert.equal(answer.headers["cache-control"], "no-store");
      }
      for (const headers of [NAVIGATION, { accept: "text/html" }]) {
        const answer = await ask("/api/me?page=2&x=%26", headers);
        assert.deepEqual(redirectOf(answer), {
          page: "/sign-in",
          return_to: "/api/me?page=2&x=%26",
          reason: "missing",
        });
        assert.equal(answer.headers["cache-control"], "no-store");
      }
      assert.equal((await ask("/api/me", NAVIGATION, "POST")).status, 401, "a form cannot be sent twice");
    },
  ],
  [
    "the way back never leads to another host",
    async ({ ask }) => {
      const ways = ["/api/me", "/api//evil.example", "/pages/x?return_to=//evil.example"];
      for (const path of ways) {
        const answer = await ask(path, NAVIGATION);
        if (answer.status !== 302) continue;
        assert.match(redirectOf(answer).return_to, /^\/(?![/\\])/, path);
      }
    },
  ],
  [
    "scope and groups are 403 for those who lack them, for a person in words, and open for the others",
    async ({ ask, issuer }) => {
      const [has, lacks] = [
        await issuer.open({ sub: "ann", scope: "reports read", groups: ["admins"] }),
        await issuer.open({ sub: "bob" }),
      ];
      for (const [path, reason, challenge] of [
        ["/reports/x", "missing-scope", /error="insufficient_scope".*scope="reports"/],
        ["/admins/x", "missing-group", /error="insufficient_scope"/],
      ]) {
        assert.equal((await ask(path, bearer(has))).status, 200);
        const refused = await ask(path, bearer(lacks));
        assert.deepEqual([refused.status, refused.json().reason], [403, reason]);
        assert.match(refused.headers["www-authenticate"], challenge);
        const page = await ask(path, { ...NAVIGATION, ...bearer(lacks) });
        assert.deepEqual([page.status, page.headers["content-type"]], [403, "text/plain; charset=utf-8"]);
      }
    },
  ],
  [
    "a sensitive path asks for a recent proof in the words of RFC 9470, and a page for the password",
    async ({ ask, issuer, aging }) => {
      assert.equal((await ask("/recent/x", bearer(await issuer.login()))).status, 200);
      await sleep((claimsOf(aging).auth_time + RECENT) * 1000 + 1_100 - Date.now());
      const refused = await ask("/recent/x", bearer(aging));
      assert.deepEqual([refused.status, refused.json().reason], [401, "auth-too-old"]);
      assert.match(refused.headers["www-authenticate"], /error="insufficient_user_authentication".*max_age="5"/);
      const { reason, max_age } = redirectOf(await ask("/recent/x", { ...NAVIGATION, ...bearer(aging) }));
      assert.deepEqual([reason, max_age], ["auth-too-old", String(RECENT)]);
    },
  ],
  [
    "a token in the address opens media and nothing else, arrives nowhere, and leaves nothing in a cache",
    async ({ ask, issuer }) => {
      const token = await issuer.login();
      const answer = await ask(`/media/film.mp4?q=a+b&access_token=${token}&t=%2F`);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.json().url, "/media/film.mp4?q=a+b&t=%2F");
      assert.equal(answer.json().claims.sub, claimsOf(token).sub);
      assert.match(answer.headers["cache-control"], /private.*no-store/);
      const kept = await ask(`/media/kept?access_token=${token}`);
      assert.deepEqual(
        [kept.text, kept.headers["cache-control"], kept.headers["cdn-cache-control"], kept.headers["referrer-policy"]],
        ["kept", "private, no-store", undefined, "no-referrer"],
      );
      assert.match((await ask("/media/kept", bearer(token))).headers["cache-control"], /public/);

      assert.equal((await ask(`/api/me?access_token=${token}`)).status, 401);
      assert.equal((await ask(`/media/x?access_token=${token}`, {}, "POST")).status, 401);
      assert.deepEqual((await ask(`/media/x?access_token=${token}`, bearer(token))).json().reason, "two_tokens");
      assert.equal((await ask(`/media/x?access_token=${token}&access_token=${token}`)).status, 401);
      assert.equal((await ask(`/about?access_token=${token}&x=1`)).json().url, "/about?x=1");
      assert.equal((await ask("/about?access_token=other")).json().url, "/about?access_token=other");
      const { return_to } = redirectOf(await ask(`/pages/x?access_token=${token}&y=1`, NAVIGATION));
      assert.equal(return_to, "/pages/x?y=1");
    },
  ],
  [
    "a preflight gets through without a token, and a refusal can be read by the pages that may",
    async ({ ask }) => {
      const preflight = { ...PAGE, "access-control-request-method": "GET", "x-shelflife-sub": "admin" };
      const answer = await ask("/api/me", preflight, "OPTIONS");
      assert.deepEqual([answer.status, answer.json().headers["x-shelflife-sub"]], [200, undefined]);
      const readable = async (origin) => (await ask("/api/me", { origin })).headers["access-control-allow-origin"];
      assert.equal(await readable("https://page.example"), "https://page.example");
      assert.equal(await readable("https://elsewhere.example"), undefined);
    },
  ],
  [
    "Server-Timing tells what the check came to",
    async ({ ask, issuer }) => {
      const timing = async (headers) => (await ask("/api/me", headers)).headers["server-timing"];
      const forged = `${(await issuer.login()).slice(0, -4)}AAAA`;
      assert.match(await timing(bearer(await issuer.login())), /^shelflife;dur=\d+\.\d;desc="fresh"$/);
      assert.match(await timing(bearer(forged)), /;desc="bad-signature"$/);
      assert.equal((await ask("/about")).headers["server-timing"], undefined);
    },
  ],
  [
    "made-up key names do not become requests to the issuer",
    async ({ ask, issuer, front }) => {
      const [header, ...rest] = (await issuer.login()).split(".");
      const members = JSON.parse(Buffer.from(header, "base64url"));
      const before = front.times("/.well-known/jwks.json");
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, at) => {
          const kid = Buffer.from(JSON.stringify({ ...members, kid: `made-up-${at}-${Math.random()}` })).toString(
            "base64url",
          );
          return ask("/api/me", bearer([kid, ...rest].join(".")));
        }),
      );
      assert.deepEqual([...new Set(answers.map((it) => it.json().reason))], ["unknown-key"]);
      assert.ok(
        front.times("/.well-known/jwks.json") - before <= 1,
        `${front.times("/.well-known/jwks.json")} fetches`,
      );
    },
  ],
];
