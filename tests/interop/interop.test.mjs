// Other people's libraries and our tokens: none of them may open a door with a token that is stale.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { askCrates, askPython, whyNoPython } from "./ask.mjs";
import { askNpm } from "./npm.mjs";
import { PAGE, render } from "./page.mjs";
import { makeQuestion } from "./question.mjs";

/** They do not know EdDSA at all. One that learns it must take the projection from then on. */
const WITHOUT_EDDSA = ["jsonwebtoken (npm)", "jws", "njwt", "@tsndr/cloudflare-worker-jwt", "python-jose"];
const SESSION_TOKENS = ["fresh", "stale", "expired"];

const question = makeQuestion();
const noPython = whyNoPython();
/** What was said so far, for the page. */
const answers = [];

function testLibraries(registry, ask, options = {}) {
  test(`the libraries of ${registry}`, options, async (t) => {
    const found = await ask(question);
    assert.ok(found.length >= 3, `${found.length} libraries`);
    answers.push(...found);
    for (const { library, version, refused, told } of found) {
      const name = library === "jsonwebtoken" ? `jsonwebtoken (${registry})` : library;
      await t.test(`${name} ${version} refuses a session token as it stands`, () => {
        for (const token of SESSION_TOKENS) assert.notEqual(refused[token], null, `it took the ${token} one`);
      });
      await t.test(`${name} ${version} and the standard projection`, () => {
        const knows = !WITHOUT_EDDSA.includes(name);
        assert.equal(refused.projection === null, knows, refused.projection ?? "it was taken");
        assert.notEqual(refused["projection-over"], null, "it took one that was over");
      });
      if (told === undefined) continue;
      await t.test(`${name} ${version}, told what bbf is, takes a fresh session token and nothing else`, () => {
        assert.equal(told.fresh, null);
        for (const token of ["stale", "expired", "projection", "projection-over"]) {
          assert.notEqual(told[token], null, `it took the ${token} one`);
        }
      });
    }
  });
}

testLibraries("npm", askNpm);
testLibraries("PyPI", askPython, { skip: noPython });
testLibraries("crates.io", askCrates);

test("docs/interop.md says what this run found", { skip: noPython }, () => {
  assert.ok(answers.length >= 10, `${answers.length} libraries`);
  assert.equal(readFileSync(PAGE, "utf8"), render(answers), "run `node tests/interop/write.mjs`");
});
