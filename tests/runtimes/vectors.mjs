// Judges the vectors of tests/vectors in whatever runtime loads this: no import, nothing but JavaScript and the verifier.

/** A key is busy after sixty-four checks; this often, each vector is judged by both ways of computing. */
const ROUNDS = 3;
const NOW = 1500;

/**
 * Judges every vector, by verifiers with and without a memory, before and after the key is busy. Gives one outcome for each
 * vector: what it is always judged as, or what was found when the judgements differ. Only data, so that it can be sent.
 */
export async function judgeAll(createVerifier, vectors) {
  const verifiers = new Map();
  const outcomes = vectors.map(({ name }) => ({ name, found: new Set() }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, vector] of vectors.entries()) {
      for (const verifier of await verifiersFor(createVerifier, vector, verifiers)) {
        // Twice: the second time a memory has it.
        for (let time = 0; time < 2; time++) outcomes[at].found.add(JSON.stringify(judge(verifier, vector)));
      }
    }
  }
  return outcomes.map(({ name, found }) => ({ name, found: [...found].map((text) => JSON.parse(text)) }));
}

/**
 * One verifier with a memory and one without for each set of options and lists of revocations, which they are given;
 * `undefined` where the key set is refused.
 */
async function verifiersFor(createVerifier, { options, lists, call }, verifiers) {
  const key = JSON.stringify([options, lists]);
  let pair = verifiers.get(key);
  if (pair === undefined) {
    pair = [];
    for (const memory of [{}, { cache: 0 }]) {
      const verifier = await createVerifier({ ...options, ...memory }).catch((error) => {
        if (error instanceof TypeError) return undefined;
        throw error;
      });
      const taken = lists?.map((list) => {
        const { ok, code, detail } = verifier.updateRevocations(list, { now: call.now });
        return ok ? "ok" : typeof detail === "string" && detail.length < 400 ? code : "no detail, or a long one";
      });
      pair.push({ verifier, taken });
    }
    verifiers.set(key, pair);
  }
  return pair;
}

/** The verdict as the vectors write it. What they do not write is looked at here. */
function judge({ verifier, taken }, vector) {
  const verdict = judgeToken(verifier, vector);
  return taken === undefined ? verdict : { ...verdict, lists: taken };
}

function judgeToken(verifier, { token, call }) {
  if (verifier === undefined) return { keySet: "refused" };
  try {
    const verdict = verifier.verify(token, call);
    const { state, code, action, detail, claims, freshFor, exchangeableFor } = verdict;
    const genuine = state !== "invalid" || KEEP_CLAIMS.includes(code);
    if ((claims !== undefined) !== genuine) return { state, code, odd: genuine ? "no claims" : "claims are shown" };
    if (genuine && typeof claims.sub !== "string") return { state, code, odd: "claims without `sub`" };
    if (state !== "invalid") return { state, freshFor, exchangeableFor };
    if (!ACTIONS.includes(action)) return { state, code, odd: `action ${action}` };
    if (typeof detail !== "string" || detail.length > 400) return { state, code, odd: "no detail, or a long one" };
    return { state, code };
  } catch (error) {
    return { thrown: String(error) };
  }
}

const KEEP_CLAIMS = ["revocations-unavailable", "revoked", "missing-scope", "missing-group", "auth-too-old"];
const ACTIONS = ["exchange", "login", "retry-later", "fix-config"];

/**
 * What no file can hold, because JSON or Rust has no such value: each named, with what it gave and what it should have.
 * `good` is a vector whose token is fresh.
 */
export async function judgeOddities(createVerifier, good) {
  const verifier = await createVerifier(good.options);
  const tokens = {
    "a lone surrogate in front": [`\ud800${good.token}`, "bad-encoding"],
    "a lone surrogate behind": [`${good.token}\udc00`, "bad-encoding"],
    "lone surrogates alone": ["\ud800.\udfff.\ud800", "bad-encoding"],
    "half a character beyond the limit": ["\ud83d".repeat(2731), "too-long"],
    "a hundred million characters": ["x".repeat(100_000_000), "too-long"],
    undefined: [undefined, "malformed"],
    null: [null, "malformed"],
    "a number": [12, "malformed"],
    "an object": [{}, "malformed"],
    "a list with the token": [[good.token], "malformed"],
    "a String object": [Object(good.token), "malformed"],
    "a thing that would be the token": [{ toString: () => good.token, length: 1 }, "malformed"],
  };
  const results = Object.entries(tokens).map(([name, [token, code]]) => ({
    name,
    found: [judgeToken(verifier, { token, call: { now: NOW } })],
    expected: { state: "invalid", code },
  }));
  const mistakes = {
    "now is not a number": { now: Number.NaN },
    "now is infinite": { now: Number.POSITIVE_INFINITY },
    "now is negative": { now: -1 },
    "now is in milliseconds": { now: 1_760_000_000_000 },
    "now is a text": { now: "1500" },
    "now is null": { now: null },
    "now is a Date": { now: new Date(0) },
    "now is a BigInt": { now: 1500n },
    "scope holds an empty text": { now: NOW, scope: [""] },
    "scope is a number": { now: NOW, scope: 1 },
    "groups are a text": { now: NOW, groups: "staff" },
    "maxAuthAge is negative": { now: NOW, maxAuthAge: -1 },
    "maxAuthAge is a fraction": { now: NOW, maxAuthAge: 0.5 },
    "options are null": null,
  };
  for (const [name, options] of Object.entries(mistakes)) {
    results.push({ name, found: [outcome(() => verifier.verify(good.token, options))], expected: "TypeError" });
  }
  const own = good.options;
  const created = {
    "no options": undefined,
    "no issuer": { ...own, issuer: undefined },
    "an empty audience": { ...own, audience: "" },
    "an audience that is a list": { ...own, audience: ["api"] },
    "a key set that is a list": { ...own, jwks: [] },
    "a key set that is null": { ...own, jwks: null },
    "a limit of no bytes": { ...own, maxTokenBytes: 0 },
    "a limit that is a text": { ...own, maxTokenBytes: "8192" },
    "a negative tolerance": { ...own, clockTolerance: -1 },
    "a tolerance that is not a number": { ...own, windowTolerance: Number.NaN },
  };
  for (const [name, options] of Object.entries(created)) {
    const found = await createVerifier(options).then(() => "no error", nameOf);
    results.push({ name: `created with ${name}`, found: [found], expected: "TypeError" });
  }
  return results;
}

function outcome(run) {
  try {
    run();
    return "no error";
  } catch (error) {
    return nameOf(error);
  }
}

function nameOf(error) {
  return error instanceof TypeError ? "TypeError" : String(error);
}

/** All of it, for a shell that has only to load and to send. */
export async function report(createVerifier, vectors) {
  const good = vectors.find(({ name }) => name === "good/plain");
  return { judged: await judgeAll(createVerifier, vectors), odd: await judgeOddities(createVerifier, good) };
}
