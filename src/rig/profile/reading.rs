//! What the readers of profiles share: names that roles understand, lists of entries, whole numbers in bounds.

use super::vocabulary::COMMANDS;
use super::{Bound, Test};
use crate::source::{Diagnostic, Document, Spanned, Table, Value, closest};

/// A command that the role is never asked for is an error.
pub(super) fn check_command_name(
    key: &Spanned<String>,
    role: Option<&str>,
    more: &[&str],
    document: &Document<'_>,
) {
    let Some((role, known)) = COMMANDS.iter().find(|(r, _)| Some(*r) == role) else {
        return;
    };
    if !known.contains(&key.value.as_str()) && !more.contains(&key.value.as_str()) {
        let message = format!("a {role} is never asked to `{}`", key.value);
        let mut d = Diagnostic::error(
            "unknown-command",
            document.reporter().file(),
            key.span.clone(),
            message,
        );
        d = match closest(&key.value, known.iter().copied()) {
            Some(near) => d.label(format!("did you mean `{near}`?")),
            None => d.help(format!("commands of this role: {}", known.join(", "))),
        };
        document.reporter().add(d);
    }
}

/// A sensor that no driver asks for is an error.
pub(super) fn check_sensor_name(key: &Spanned<String>, known: &[&str], document: &Document<'_>) {
    if !known.contains(&key.value.as_str()) {
        let near = closest(&key.value, known.iter().copied());
        let hint = near.map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
        document.reporter().error(
            "unknown-sensor",
            key.span.clone(),
            format!("no driver asks for a sensor `{}`{hint}", key.value),
        );
    }
}

/// The entries of a table of tables.
pub(super) fn entries<'a>(t: &mut Table<'a>, key: &str) -> Vec<(Spanned<String>, Value<'a>)> {
    let table = t.get(key).and_then(|v| v.table());
    table.map(|mut t| t.entries()).unwrap_or_default()
}

/// A whole number in bounds.
pub(super) fn whole<T: TryFrom<i64>>(value: &Value<'_>, from: i64, to: i64) -> Option<T> {
    let n = value.integer()?;
    let inside = (from..=to).contains(&n);
    if !inside {
        value.error(
            "out-of-range",
            format!("`{}` must be from {from} to {to}", value.path),
        );
    }
    T::try_from(n).ok().filter(|_| inside)
}

/// A word, or a list of them.
pub(super) fn words(value: &Value<'_>) -> Option<Vec<String>> {
    match value.as_list() {
        Some(list) => list.iter().map(Value::text).collect(),
        None => Some(vec![value.text()?]),
    }
}

/// Looks at words, or at a name, with their place.
type Look<'a, T> = &'a dyn for<'v> Fn(&T, &Value<'v>);

/// What a value must be, by the keys `is`, `is_not`, `least`, `most`, `near` and `within`; `known` judges words, `argument`
/// the name of an argument.
pub(super) fn test(
    t: &mut Table<'_>,
    whole: &Value<'_>,
    known: Look<'_, [String]>,
    argument: Look<'_, str>,
) -> Option<Test> {
    let listed = |t: &mut Table<'_>, key: &str| {
        let v = t.get(key)?;
        let words = words(&v)?;
        known(&words, &v);
        Some(words)
    };
    let (is, is_not) = (listed(t, "is"), listed(t, "is_not"));
    let bound = |t: &mut Table<'_>, key: &str| t.get(key).and_then(|v| v.number()).map(Bound);
    let (least, most) = (bound(t, "least"), bound(t, "most"));
    let near = t.get("near").and_then(|v| {
        let name = v.text()?;
        argument(&name, &v);
        Some(name)
    });
    let within = bound(t, "within");
    match (is, is_not, (least, most), (near, within)) {
        (Some(is), None, (None, None), (None, None)) => Some(Test::Is(is)),
        (None, Some(is_not), (None, None), (None, None)) => Some(Test::IsNot(is_not)),
        (None, None, (least, most), (None, None)) if least.is_some() || most.is_some() => {
            Some(Test::Between(least, most))
        }
        (None, None, (None, None), (Some(near), Some(within))) => Some(Test::Near(near, within)),
        _ => {
            whole.error(
                "condition",
                format!(
                    "`{}` says what must be so in one of these ways: `is`, `is_not`, `least` and `most`, `near` with `within`",
                    whole.path
                ),
            );
            None
        }
    }
}
