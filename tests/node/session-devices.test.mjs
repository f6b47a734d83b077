// A long list of sessions with the real issuer: it comes in pages, and the session client gives all of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSession, memoryStorage } from "@shelflife/verifier/session";
import { AUDIENCE, claimsOf, startIssuer } from "../harness/issuer.mjs";
import { createVerifier } from "../harness/verifier.mjs";

/** More than one page of the issuer, and the present session is not on the first of them by its date. */
const SESSIONS = 130;

test("all sessions of a user are listed, each once and with what the issuer knows of it", async (t) => {
  const issuer = await startIssuer({}, { backend: "shop" });
  t.after(() => issuer.stop());
  const token = await issuer.open({ sub: "ann", device: "the first" });
  const sids = [claimsOf(token).sid];
  while (sids.length < SESSIONS) sids.push(claimsOf(await issuer.open({ sub: "ann" })).sid);
  const verifier = await createVerifier({ issuer: issuer.url, audience: AUDIENCE, jwks: await issuer.jwks() });
  const storage = memoryStorage();
  storage.write(JSON.stringify({ token, offset: 0 }));
  let pages = 0;
  const session = await createSession({
    issuer: issuer.url,
    verifier,
    storage,
    fetch: (input, init) => {
      pages += 1;
      return fetch(input, init);
    },
  });
  t.after(() => session.close());
  const devices = await session.devices();
  assert.deepEqual(devices.map(({ session_id }) => session_id).toSorted(), sids.toSorted());
  assert.ok(pages > 1, "or this test sees nothing");
  const [current, ...others] = devices.filter((device) => device.current);
  assert.deepEqual([current.session_id, current.device, others], [claimsOf(token).sid, "the first", []]);
  assert.deepEqual([current.expires_at, current.client_id], [claimsOf(token).exp, "shop"]);
});
