//! `plated explain`: what the code of a problem means, why it matters in the lab, how to mend it.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use crate::protocol::catalogue::{Explanation, TOPICS, explanation, explanations};
use crate::source::closest;

/// Explains one code, or lists all of them.
pub fn explain(arguments: &args::Explain) -> CliResult {
    let Some(code) = &arguments.code else {
        super::out::text(&list());
        return Ok(Exit::Done);
    };
    let code = code.trim();
    if let Some(found) = explanation(code) {
        super::out::text(&page(found));
        return Ok(Exit::Done);
    }
    let hint = closest(code, explanations().map(|e| e.code))
        .map_or_else(String::new, |near| format!("; did you mean {near}?"));
    Err(CliError::new(
        Exit::Usage,
        format!("there is no code \"{code}\"{hint}\nplated explain lists all of them"),
    ))
}

fn list() -> String {
    let width = explanations().map(|e| e.code.len()).max().unwrap_or(0);
    let mut out = String::new();
    for (topic, codes) in TOPICS {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&format!("{topic}\n"));
        for e in *codes {
            out.push_str(&format!("  {:width$}  {}\n", e.code, e.title));
        }
    }
    out
}

fn page(e: &Explanation) -> String {
    let example = |text: &str| -> String { text.lines().map(|l| format!("    {l}\n")).collect() };
    format!(
        "{}: {}\n\n{}\n\nWhy it matters: {}\n\nWhat to do: {}\n\nWrong:\n{}\nRight:\n{}",
        e.code,
        e.title,
        e.means,
        e.matters,
        e.mend,
        example(e.wrong),
        example(e.right)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_code_is_answered_with_the_nearest() {
        let ask = |code: &str| {
            explain(&args::Explain {
                code: Some(code.into()),
            })
        };
        assert!(ask("dead-volume").is_ok());
        let error = ask("dead-volum").unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(
            error.message.contains("did you mean dead-volume?"),
            "{}",
            error.message
        );
    }

    #[test]
    fn the_list_has_every_code_with_its_title() {
        let list = list();
        for e in explanations() {
            assert!(
                list.lines()
                    .any(|l| l.trim_start().starts_with(e.code) && l.ends_with(e.title))
            );
        }
    }
}
