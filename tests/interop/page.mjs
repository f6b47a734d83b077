// docs/interop.md, made from what the libraries said.
import { join } from "node:path";
import { root } from "../harness/process.mjs";

export const PAGE = join(root, "docs/interop.md");

const LANGUAGES = { npm: "js", PyPI: "python", "crates.io": "rust" };

export function render(answers) {
  const rows = answers.map(({ library, registry, version, refused }) => {
    const stale = `refused: ${reason(refused.stale)}`;
    const projection = refused.projection === null ? "**accepted**" : `no EdDSA: ${reason(refused.projection)}`;
    return `| ${library} ${version} | ${registry} | ${stale} | ${projection} |`;
  });
  const settings = answers
    .filter(({ settings }) => settings)
    .map(({ library, registry, settings }) => `### ${library} (${registry})\n\n${fenced(settings, registry)}`);
  return `<!-- Made by \`node tests/interop/write.mjs\` from a run of tests/interop. Do not edit. -->

# Other libraries and these tokens

A session token carries two dates, and a general JWT library honours one of them: the later. So the token is made to be
refused by such a library: \`crit\` names \`bbf\` (RFC 7515, 4.1.11), and \`alg\` is the fully specified name \`Ed25519\` (RFC 9864),
which libraries that ignore \`crit\` do not know. Each library below was given the issuer's key as its documentation says and
was shown a token that is stale (past \`bbf\`, long before \`exp\`), a fresh one, and an expired one: it must refuse all three
as they stand. It was also shown the standard projection (RFC 9068), which it must accept where it knows EdDSA, and refuse
once it is over.

The suite runs all of this, and fails when a library takes a session token.

| library | from | session token, fresh or stale | standard projection |
| --- | --- | --- | --- |
${rows.join("\n")}

For a resource server with one of these libraries, the standard projection is the way: it ends when the session token goes
stale, and it is never exchanged. Allow \`EdDSA\`, check \`iss\` and \`aud\`, and look at the clock tolerance: jwt-simple lets a token
live 15 minutes longer unless \`time_tolerance\` is set.

## Telling a library what \`bbf\` is

These can be told to take the session token itself. Whoever tells them must look at \`bbf\`, as these lines do: they ran, took
the fresh token, and refused the stale one, the expired one and the projection.

${settings.join("\n\n")}
`;
}

/** The first words of a refusal, without what changes from run to run. */
function reason(refusal) {
  const [line] = refusal.split("\n");
  const words = line
    .replace(/: \{.*/, "")
    .replace(/\[['"]Failed.*/, "")
    .replaceAll("|", "\\|");
  const text = words.length > 110 ? `${words.slice(0, 110)}...` : words;
  return text.replaceAll("`", "'");
}

function fenced(code, registry) {
  return `\`\`\`${LANGUAGES[registry]}\n${code.trimEnd()}\n\`\`\``;
}
