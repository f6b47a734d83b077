// The package in Node: as a module, and from CommonJS.
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { assertAnswers, gateModule, makeQuestion, printingMain, project } from "../loading.mjs";

const run = (cwd, file) => JSON.parse(execFileSync(process.execPath, [file], { cwd, encoding: "utf8" }));

test("the README's lines run in Node", (t) => {
  assertAnswers(run(project(t, { "main.mjs": printingMain() }), "main.mjs"));
});

test("the README's lines run in CommonJS, with the import awaited", (t) => {
  const awaited = (line) => {
    const [, names, from] = /^import (\{.*\}) from (".*");$/.exec(line);
    return `const loaded = import(${from}).then((all) => { (${names} = all); });\nlet createVerifier;`;
  };
  const gate = gateModule({ importing: awaited })
    .replace("export async function gate", "exports.gate = async function gate")
    .replace("{\n", "{\n  await loaded;\n");
  const main = `const { gate } = require("./gate.cjs");
import("./ask.mjs")
  .then(({ ask }) => ask(gate, ${JSON.stringify(makeQuestion())}))
  .then((answers) => console.log(JSON.stringify(answers)));
`;
  assertAnswers(run(project(t, { "gate.cjs": gate, "main.cjs": main }), "main.cjs"));
});
