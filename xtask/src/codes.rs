//! `cargo xtask codes`: the refusal codes, written once in Rust, for TypeScript.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use crate::check::Finding;
use crate::process::{cargo, output, say};
use crate::repo;

const FILE: &str = "verifier-wasm/js/src/codes.ts";

/// Writes the file if it is not what it should be.
pub(crate) fn generate() -> Result<()> {
    let wanted = wanted()?;
    if present() == wanted {
        say!("{FILE} is up to date");
        return Ok(());
    }
    std::fs::write(repo::path(FILE), wanted).with_context(|| format!("cannot write {FILE}"))?;
    say!("wrote {FILE}");
    Ok(())
}

/// The first line in which the file differs from what it should be.
pub(crate) fn check() -> Result<Vec<Finding>> {
    let (wanted, present) = (wanted()?, present());
    if wanted == present {
        return Ok(Vec::new());
    }
    let same = wanted.lines().zip(present.lines()).take_while(|(wanted, present)| wanted == present).count();
    let rule = "differs from the codes in the token crate: run `cargo xtask codes`";
    Ok(vec![Finding::new(format!("{FILE}:{}", same + 1), rule)])
}

fn present() -> String {
    std::fs::read_to_string(repo::path(FILE)).unwrap_or_default()
}

fn wanted() -> Result<String> {
    let list =
        output(cargo().args(["run", "--quiet", "-p", "xtask", "--features", "codes", "--bin", "codes"]))?;
    typescript(&list)
}

/// From lines of `code TAB action TAB description`; the codes of lists of revocations have no action.
fn typescript(list: &str) -> Result<String> {
    let mut out = String::from(
        "// Made by `cargo xtask codes` from token/src/code.rs and token/src/revocations/code.rs. Do not edit.\n\n\
         /** What to do about a refused token. */\n\
         export type Action = \"exchange\" | \"login\" | \"retry-later\" | \"fix-config\";\n\n\
         /** Every code a token can be refused with: what it means, and what to do about it. Codes are stable. */\n\
         export const codes = {\n",
    );
    let mut lists = String::new();
    for line in list.lines() {
        let mut parts = line.split('\t');
        let mut next = || parts.next().with_context(|| format!("not code, action and description: {line}"));
        let (code, action, description) = (next()?, next()?, serde_json::to_string(next()?)?);
        let name = if code.contains('-') { serde_json::to_string(code)? } else { code.to_owned() };
        if action.is_empty() {
            writeln!(lists, "  {name}: {{ description: {description} }},")?;
        } else {
            let action = serde_json::to_string(action)?;
            writeln!(out, "  {name}: {{ action: {action}, description: {description} }},")?;
        }
    }
    out.push_str(
        "} as const satisfies Record<string, { action: Action; description: string }>;\n\n\
         /** Why a token was refused. */\n\
         export type Code = keyof typeof codes;\n\n\
         /** Every code a list of revocations can be refused with. Then what was known before stays in force. */\n\
         export const revocationCodes = {\n",
    );
    out.push_str(&lists);
    out.push_str(
        "} as const satisfies Record<string, { description: string }>;\n\n\
         /** Why a list of revocations was refused. */\n\
         export type RevocationCode = keyof typeof revocationCodes;\n",
    );
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_becomes_a_member_with_its_action_and_sentence() {
        let made =
            typescript("revoked\tlogin\tIt \"was\" ended.\ntoo-long\tlogin\tIt is long.\ngap\t\tA gap.\n")
                .unwrap();
        assert!(
            made.contains("  revoked: { action: \"login\", description: \"It \\\"was\\\" ended.\" },\n"),
            "{made}"
        );
        assert!(
            made.contains("  \"too-long\": { action: \"login\", description: \"It is long.\" },\n"),
            "{made}"
        );
        assert!(made.ends_with("RevocationCode = keyof typeof revocationCodes;\n"), "{made}");
        assert!(made.contains("revocationCodes = {\n  gap: { description: \"A gap.\" },\n}"), "{made}");
    }

    #[test]
    fn a_line_without_three_parts_is_an_error() {
        assert!(typescript("revoked\tlogin\n").is_err());
    }
}
