// Writes docs/interop.md from a run with every library.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { askCrates, askPython } from "./ask.mjs";
import { askNpm } from "./npm.mjs";
import { PAGE, render } from "./page.mjs";
import { makeQuestion } from "./question.mjs";

const question = makeQuestion();
mkdirSync(dirname(PAGE), { recursive: true });
writeFileSync(PAGE, render([...(await askNpm(question)), ...askPython(question), ...askCrates(question)]));
