//! `plated diff`: what a change of a protocol, or of its parameters, costs.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use super::files::{pairs, parameters, read_protocol, read_rig, ready};
use crate::formats::clean;
use crate::report::{as_text, costs, difference};

/// Prints the difference.
pub fn diff(arguments: &args::Diff) -> CliResult {
    let second = arguments.second.as_ref().unwrap_or(&arguments.first);
    if arguments.second.is_none() && arguments.with.is_empty() {
        let text = "give two protocols, or one and --with NAME=VALUE for the second side";
        return Err(CliError::new(Exit::Usage, text));
    }
    let values = parameters(&arguments.parameters)?;
    let mut changed = values.clone();
    changed.extend(pairs(&arguments.with)?);
    let source = read_rig(&arguments.rig, 0, false)?;
    let mut sides = Vec::new();
    for (path, values) in [(&arguments.first, values), (second, changed)] {
        let mut source = source.clone();
        read_protocol(&mut source, path, values)?;
        let ready = ready(source)?;
        sides.push(costs(&ready.plan, &ready.schedule, &ready.rig));
    }
    let [before, after] = sides.as_slice() else {
        return Err(CliError::new(Exit::Failed, "there are not two sides"));
    };
    let found = difference(before, after);
    if arguments.json {
        let document = serde_json::json!({ "before": before, "after": after, "difference": found });
        super::out::line(&serde_json::to_string_pretty(&document).unwrap_or_default());
    } else {
        let text = as_text(&found);
        super::out::text(
            &text
                .lines()
                .map(|l| format!("{}\n", clean(l)))
                .collect::<String>(),
        );
    }
    Ok(Exit::Done)
}
