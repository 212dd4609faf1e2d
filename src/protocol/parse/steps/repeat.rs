//! `for_each`: a step once for each column or each well.

use super::super::values::Reader;
use crate::source::Value;
use std::collections::BTreeSet;

/// What is repeated over, as "column" or "well", and its values in order, each as the text that stands for it.
pub(super) fn turns(value: &Value<'_>, reader: &Reader<'_>) -> Option<(&'static str, Vec<String>)> {
    let mut t = value.table()?;
    let columns = t.get("column");
    let wells = t.get("well");
    t.finish();
    let (name, place, turns) = match (columns, wells) {
        (Some(columns), None) => {
            let items = columns.list()?;
            let numbers: Option<Vec<_>> = items.iter().map(|v| reader.whole::<u8>(v, 1, 48)).collect();
            let turns = numbers?.iter().map(|n| n.value.to_string()).collect();
            ("column", columns, turns)
        }
        (None, Some(wells)) => {
            let found = reader.wells(&wells)?.value;
            let turns: Vec<String> = found.iter().map(ToString::to_string).collect();
            ("well", wells, turns)
        }
        (columns, _) => {
            let code = if columns.is_some() {
                "columns"
            } else {
                "missing-key"
            };
            let message = "`for_each` is either { column = [1, 2, 3] } or { well = [\"A1:H1\"] }";
            value.error(code, message);
            return None;
        }
    };
    if turns.is_empty() {
        place.error(
            "out-of-range",
            format!(
                "`{}` names no {name}, so the step would never be done",
                place.path
            ),
        );
        return None;
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = turns.iter().find(|t| !seen.insert(t.as_str())) {
        place.error("twice", format!("`{}` names {name} {twice} twice", place.path));
        return None;
    }
    if reader.has_parameter(name) {
        value.error(
            "parameter",
            format!("\"{{{name}}}\" is what `for_each` repeats over here; give the parameter `{name}` another name"),
        );
        return None;
    }
    Some((name, turns))
}

#[cfg(test)]
#[path = "repeat_tests.rs"]
mod tests;
