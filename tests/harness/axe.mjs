// axe-core in a page: what it finds wrong with what is shown.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Every violation in words, in light and in dark; none: an empty list. */
export async function violations(page) {
  const found = [];
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // Evaluated, not added as a script: the page's policy allows no foreign ones.
    if (await page.evaluate(() => !("axe" in window))) await page.evaluate(source);
    const results = await page.evaluate(
      (rules) => window.axe.run(document, { runOnly: { type: "tag", values: rules } }),
      RULES,
    );
    for (const { id, help, nodes } of results.violations) {
      for (const { target, any, all } of nodes) {
        const why = [...any, ...all].map(({ message }) => message).join("; ");
        found.push(`${colorScheme}: ${id} (${help}) at ${target.join(" ")}: ${why}`);
      }
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  return found;
}
