//! `[parameters]`: typed values that the command line may set.

use crate::protocol::files::Overrides;
use crate::source::{Diagnostic, Reporter, Table, Value, closest};
use crate::units::{Duration, Force, Quantity, RotationSpeed, Temperature, Volume, Wavelength};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

const TYPES: [&str; 14] = [
    "integer",
    "number",
    "text",
    "boolean",
    "volume",
    "duration",
    "temperature",
    "wavelength",
    "speed",
    "force",
    "worklist",
    "picklist",
    "colonies",
    "plate_map",
];

/// Names of the parameters of a file.
pub(super) fn names(root: &mut Table<'_>) -> Vec<String> {
    let table = root.get("parameters").and_then(|v| v.as_table());
    table.map_or_else(Vec::new, |mut t| {
        t.entries().into_iter().map(|(k, _)| k.value).collect()
    })
}

/// Where the values of parameters come from.
pub(super) enum Given<'a> {
    /// The command line.
    CommandLine(&'a Overrides),
    /// A call: its arguments with their places, and where it names the file.
    Call {
        arguments: &'a BTreeMap<String, (Range<usize>, String)>,
        place: Range<usize>,
    },
}

impl Given<'_> {
    fn value(&self, name: &str) -> Option<&String> {
        match self {
            Self::CommandLine(values) => values.get(name),
            Self::Call { arguments, .. } => arguments.get(name).map(|(_, value)| value),
        }
    }

    /// A value that does not fit, in the words of whoever gave it; `own` is the place of the parameter.
    fn wrong(&self, reporter: &Reporter, name: &str, text: &str, own: &Range<usize>, error: &str) {
        match self {
            Self::CommandLine(_) => {
                reporter.error("override", own.clone(), format!("--param {name}={text}: {error}"));
            }
            Self::Call { arguments, place } => {
                let span = arguments.get(name).map_or(place, |(span, _)| span);
                reporter.error(
                    "override",
                    span.clone(),
                    format!("`{name}` of what is called: {error}"),
                );
            }
        }
    }

    /// A parameter that has no value at all.
    fn missing(&self, reporter: &Reporter, name: &str, own: &Range<usize>) {
        let (span, message, help) = match self {
            Self::CommandLine(_) => (
                own,
                format!("parameter `{name}` has no default and was not given"),
                format!("give it with --param {name}=…"),
            ),
            Self::Call { place, .. } => (
                place,
                format!("parameter `{name}` of what is called has no default, and the call does not give it"),
                format!("give it with the call: with = {{ {name} = … }}"),
            ),
        };
        reporter.add(Diagnostic::error("override", reporter.file(), span.clone(), message).help(help));
    }
}

/// Parameters as they were read.
pub(super) struct Parameters {
    /// Values as text.
    pub values: BTreeMap<String, String>,
    /// Those that are declared and have none, since something is wrong with them.
    pub without: BTreeSet<String>,
}

/// Every parameter with its value as text: what was given, else its default.
pub(super) fn read(root: &mut Table<'_>, given: &Given<'_>) -> Parameters {
    let mut values = BTreeMap::new();
    let mut names = BTreeSet::new();
    let reporter = root.reporter().clone();
    let mut span = 0..0;
    if let Some(mut table) = root.get("parameters").and_then(|v| v.table()) {
        span = table.span.clone();
        for (key, value) in table.entries() {
            names.insert(key.value.clone());
            if key.value == "n" {
                let message = "a parameter cannot be named `n`: \"{n}\" is a plate's number";
                reporter.error("parameter", key.span, message);
                continue;
            }
            if let Some(mut table) = value.table() {
                if let Some(value) = parameter(&mut table, &key.value, given, &key.span, &reporter) {
                    values.insert(key.value, value);
                }
                table.finish();
            }
        }
    }
    if let Given::CommandLine(overrides) = given {
        for (name, value) in overrides.iter().filter(|(name, _)| !names.contains(*name)) {
            let message = format!("--param {name}={value}: this protocol has no parameter `{name}`");
            let d = Diagnostic::error("override", reporter.file(), span.clone(), message);
            let known: Vec<&str> = names.iter().map(String::as_str).collect();
            reporter.add(match closest(name, known.iter().copied()) {
                Some(near) => d.help(format!("did you mean `{near}`?")),
                None if known.is_empty() => d.help("it has none at all"),
                None => d.help(format!("it has: {}", known.join(", "))),
            });
        }
    }
    let without = names.into_iter().filter(|n| !values.contains_key(n)).collect();
    Parameters { values, without }
}

fn parameter(
    t: &mut Table<'_>,
    name: &str,
    given: &Given<'_>,
    span: &Range<usize>,
    reporter: &Reporter,
) -> Option<String> {
    let kind_value = t.need("type");
    let default = t.get("default");
    let (min, max) = (t.get("min"), t.get("max"));
    let choices = t.get("choices");
    let _ = t.get("description").and_then(|v| v.text());
    let kind_value = kind_value?;
    let kind = kind_value.text()?;
    if !TYPES.contains(&kind.as_str()) {
        let near = closest(&kind, TYPES)
            .map(|n| format!("; did you mean \"{n}\"?"))
            .unwrap_or_default();
        let message = format!("\"{kind}\" is not a type of parameter{near}");
        kind_value.error(
            "parameter-type",
            format!("{message} (types: {})", TYPES.join(", ")),
        );
        // Whatever it is, its uses should not be called unknown.
        return default.as_ref().and_then(written);
    }
    let min = min.and_then(|v| measure_at(&kind, &v));
    let max = max.and_then(|v| measure_at(&kind, &v));
    let choices: Option<Vec<String>> = choices
        .and_then(|v| v.list())
        .map(|items| items.iter().filter_map(written).collect());
    let complaint = |text: &str| -> Option<String> {
        let measure = match measure(&kind, text) {
            Ok(measure) => measure,
            Err(error) => return Some(error),
        };
        if min.as_ref().is_some_and(|(_, m)| measure < *m) || max.as_ref().is_some_and(|(_, m)| measure > *m)
        {
            let allowed = match (&min, &max) {
                (Some(from), Some(to)) => format!("from {} to {}", from.0, to.0),
                (Some(from), None) => format!("at least {}", from.0),
                (None, to) => format!("at most {}", to.as_ref().map_or("", |b| b.0.as_str())),
            };
            return Some(format!("{text} is out of range: {allowed}"));
        }
        choices
            .as_ref()
            .filter(|c| !c.iter().any(|c| c == text))
            .map(|c| format!("\"{text}\" is not among the choices: {}", c.join(", ")))
    };
    // What stands in for a value that does not fit, so that the rest of the file can be judged.
    let spare = min.as_ref().or(max.as_ref()).map(|b| b.0.clone());
    let mut default_text = default.as_ref().and_then(written);
    if let (Some(value), Some(text)) = (&default, &default_text)
        && let Some(error) = complaint(text)
    {
        value.error(
            "parameter-default",
            format!("the default of `{name}` does not fit: {error}"),
        );
        default_text.clone_from(&spare);
    }
    let Some(text) = given.value(name) else {
        if default.is_none() {
            given.missing(reporter, name, span);
        }
        return default_text.or(spare);
    };
    if let Some(error) = complaint(text) {
        given.wrong(reporter, name, text, span, &error);
        return default_text.or(spare);
    }
    Some(text.clone())
}

/// A value as the text that stands for it.
pub(super) fn written(value: &Value<'_>) -> Option<String> {
    value
        .as_text()
        .or_else(|| value.as_integer().map(|n| n.to_string()))
        .or_else(|| value.as_boolean().map(|b| b.to_string()))
        .or_else(|| value.number().map(|n| n.to_string()))
}

/// A value on the scale of its type.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Measure {
    Count(i128),
    Number(f64),
    Word,
}

fn measure_at(kind: &str, value: &Value<'_>) -> Option<(String, Measure)> {
    let text = written(value)?;
    match measure(kind, &text) {
        Ok(measure) => Some((text, measure)),
        Err(error) => {
            value.error("parameter-bound", format!("`{}`: {error}", value.path));
            None
        }
    }
}

fn measure(kind: &str, text: &str) -> Result<Measure, String> {
    fn quantity<Q: Quantity>(text: &str) -> Result<Measure, String> {
        Q::parse(text)
            .map(|q| Measure::Count(q.base()))
            .map_err(|e| e.to_string())
    }
    match kind {
        "integer" => text
            .parse::<i64>()
            .map(|n| Measure::Count(n.into()))
            .map_err(|_| format!("\"{text}\" is not a whole number")),
        "number" => text
            .parse::<f64>()
            .ok()
            .filter(|n| n.is_finite())
            .map(Measure::Number)
            .ok_or_else(|| format!("\"{text}\" is not a number")),
        "boolean" if !matches!(text, "true" | "false") => {
            Err(format!("\"{text}\" is neither true nor false"))
        }
        "volume" => quantity::<Volume>(text),
        "duration" => quantity::<Duration>(text),
        "temperature" => quantity::<Temperature>(text),
        "wavelength" => quantity::<Wavelength>(text),
        "speed" => quantity::<RotationSpeed>(text),
        "force" => quantity::<Force>(text),
        "worklist" | "picklist" | "colonies" | "plate_map" => match crate::protocol::files::outside(text) {
            Some(why) => Err(format!("\"{text}\": {why}")),
            None => Ok(Measure::Word),
        },
        _ => Ok(Measure::Word),
    }
}
