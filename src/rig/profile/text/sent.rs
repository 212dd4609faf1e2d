//! All that a profile's driver says, with a sample in place of each argument: what an instrument must be able to hear.

use super::parse::Names;
use super::{Argument, Command, Measured, Piece, Step};
use crate::rig::QuantityId;
use std::collections::BTreeMap;

/// Texts, each with who says it.
pub(super) fn sent(
    names: &Names,
    commands: &BTreeMap<String, Command>,
    quantities: &BTreeMap<QuantityId, Measured>,
    spoken: impl Iterator<Item = (String, String)>,
) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = spoken.collect();
    for (name, question) in &names.questions {
        if let Some(send) = question.as_ref().and_then(|q| q.send.as_ref()) {
            found.push((sample(send, names), format!("the question \"{name}\"")));
        }
    }
    for (name, command) in commands {
        let place = format!("the command `{name}`");
        of_steps(command, names, &place, &mut found);
    }
    for (id, quantity) in quantities {
        if let Some(set) = &quantity.set {
            let place = format!("setting `{}`", id.as_str());
            of_steps(set, names, &place, &mut found);
        }
    }
    found
}

fn of_steps(command: &Command, names: &Names, place: &str, found: &mut Vec<(String, String)>) {
    let mut left: Vec<&Step> = command.steps.iter().chain(&command.always).collect();
    left.reverse();
    while let Some(step) = left.pop() {
        match step {
            Step::Send { text, .. } => found.push((sample(text, names), place.to_owned())),
            Step::EachProgramStep(steps) => left.extend(steps.iter().rev()),
            _ => {}
        }
    }
}

fn sample(pieces: &[Piece], names: &Names) -> String {
    let written = |piece: &Piece| match piece {
        Piece::Literal(literal) => literal.clone(),
        Piece::Argument(name) => match names.arguments.get(name) {
            Some(Some(argument)) => number(argument),
            _ => String::new(),
        },
    };
    pieces.iter().map(written).collect()
}

/// A number as the argument is written.
fn number(argument: &Argument) -> String {
    let (width, decimals) = (usize::from(argument.width), usize::from(argument.decimals));
    if argument.hex {
        format!("{:0width$X}", 1)
    } else {
        format!("{:0width$.decimals$}", 1.0)
    }
}
