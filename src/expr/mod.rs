//! Expressions: the one wrapper round the expression library, used while a protocol is checked and while it runs.
//!
//! Owns parsing and evaluation of conditions and computed values in the Common Expression Language
//! (<https://cel.dev>), which always ends, has no side effects and sees only the data it is given. Knows nothing of
//! what the data are. Start with [`Expression`].

mod kinds;

use cel::{Context, ExecutionError, Program, Value};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// Longest text of an expression, in bytes.
pub const LONGEST: usize = 300;
/// Deepest nesting of brackets, choices and signs: the library's parser recurses, and a text must not exhaust the stack.
const DEEPEST: usize = 12;

/// A value that an expression sees or gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// True or false.
    Truth(bool),
    /// Values by name.
    Map(Data),
    /// Values in order.
    List(Vec<Datum>),
}

/// Values by name.
pub type Data = BTreeMap<String, Datum>;

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExpressionError {
    /// It cannot be read.
    #[error("{0}")]
    Syntax(String),
    /// It asks for something by a name that nothing has.
    #[error("nothing is named \"{0}\"")]
    Absent(String),
    /// It has no value for these data.
    #[error("{0}")]
    Value(String),
}

/// A parsed expression.
pub struct Expression {
    program: Program,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// When it is too long or cannot be read, with the place in words.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        if text.len() > LONGEST {
            return Err(ExpressionError::Syntax(format!(
                "an expression has at most {LONGEST} characters"
            )));
        }
        if depth(text) > DEEPEST {
            return Err(ExpressionError::Syntax(format!(
                "an expression nests at most {DEEPEST} deep"
            )));
        }
        match Program::compile(text) {
            Ok(program) => Ok(Self { program }),
            Err(errors) => {
                let text = errors.to_string();
                let first = text.lines().find(|l| !l.trim().is_empty());
                Err(ExpressionError::Syntax(plain(first.unwrap_or_default())))
            }
        }
    }

    /// Names of the data that it uses.
    pub fn names(&self) -> BTreeSet<String> {
        let references = self.program.references();
        references.variables().into_iter().map(str::to_owned).collect()
    }

    /// Where it compares two kinds of value, of which data like these tell what they are: in words, the first such place.
    pub fn unlike(&self, known: &Data) -> Option<String> {
        kinds::unlike(self.program.expression(), known)
    }

    /// Its value for these data.
    ///
    /// # Errors
    /// When it uses data that are not there, or as what they are not.
    pub fn evaluate(&self, data: &Data) -> Result<Datum, ExpressionError> {
        let mut context = Context::default();
        for (name, datum) in data {
            context.add_variable_from_value(name.as_str(), value(datum));
        }
        let wrong = |e: ExecutionError| match e {
            ExecutionError::NoSuchKey(key) => ExpressionError::Absent(key.to_string()),
            other => ExpressionError::Value(other.to_string()),
        };
        datum(self.program.execute(&context).map_err(wrong)?)
    }

    /// Its truth for these data.
    ///
    /// # Errors
    /// The same, and when its value is neither true nor false.
    pub fn holds(&self, data: &Data) -> Result<bool, ExpressionError> {
        match self.evaluate(data)? {
            Datum::Truth(truth) => Ok(truth),
            other => Err(ExpressionError::Value(format!(
                "a condition is true or false; this is {}",
                other.kind()
            ))),
        }
    }
}

impl Datum {
    /// What it is, in words.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Truth(_) => "true or false",
            Self::Map(_) => "a table",
            Self::List(_) => "a list",
        }
    }
}

/// What the library says of a text that it cannot read, in plain words: "ERROR: <input>:1:18: Syntax error: mismatched
/// input '<EOF>' expecting {…}". Columns count from 1.
fn plain(said: &str) -> String {
    let place = said.split_once("<input>:").and_then(|(_, rest)| {
        let mut parts = rest.splitn(3, ':');
        let _line = parts.next()?;
        parts.next()?.trim().parse::<usize>().ok()
    });
    let at = place.map_or_else(String::new, |column| format!(" at character {column}"));
    let quoted = said.split('\'').nth(1).unwrap_or_default();
    let expected = said
        .split_once("expecting '")
        .and_then(|(_, rest)| rest.split('\'').next());
    if said.contains("token recognition") {
        return format!("`{quoted}`{at} is nothing that belongs into one");
    }
    match (quoted, expected) {
        ("<EOF>", Some(word)) => format!("it ends where `{word}` belongs"),
        ("<EOF>", None) => "something is missing at its end".to_owned(),
        ("", _) => format!("it cannot be read{at}"),
        (word, Some("<EOF>")) => format!("`{word}`{at} is more than belongs there"),
        (_, Some(word)) if said.contains("missing") => format!("`{word}` is missing{at}"),
        (word, Some(wanted)) => format!("`{word}` stands{at} where `{wanted}` belongs"),
        (word, None) => format!("`{word}` does not belong{at}"),
    }
}

/// How deep a text nests at most: open brackets, with every choice and the longest run of signs.
fn depth(text: &str) -> usize {
    let (mut open, mut deepest, mut choices, mut signs, mut run) = (0_usize, 0, 0, 0, 0);
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            '?' => choices += 1,
            _ => {}
        }
        run = match c {
            '!' | '-' => run + 1,
            c if c.is_whitespace() => run,
            _ => 0,
        };
        signs = signs.max(run);
        deepest = deepest.max(open);
    }
    deepest + choices + signs
}

fn value(datum: &Datum) -> Value {
    match datum {
        Datum::Number(number) => Value::Float(*number),
        Datum::Text(text) => Value::String(text.clone().into()),
        Datum::Truth(truth) => Value::Bool(*truth),
        Datum::List(items) => Value::List(items.iter().map(value).collect::<Vec<_>>().into()),
        Datum::Map(data) => {
            let map: std::collections::BTreeMap<String, Value> =
                data.iter().map(|(k, v)| (k.clone(), value(v))).collect();
            Value::Map(cel::objects::Map {
                map: std::sync::Arc::new(map.into_iter().map(|(k, v)| (k.into(), v)).collect()),
            })
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts in expressions stay far below 2^53"
)]
fn datum(value: Value) -> Result<Datum, ExpressionError> {
    Ok(match value {
        Value::Int(n) => Datum::Number(n as f64),
        Value::UInt(n) => Datum::Number(n as f64),
        Value::Float(n) if n.is_finite() => Datum::Number(n),
        Value::Float(_) => return Err(ExpressionError::Value("the number is not finite".into())),
        Value::String(text) => Datum::Text(text.to_string()),
        Value::Bool(truth) => Datum::Truth(truth),
        Value::List(items) => {
            let items = items.iter().cloned().map(datum).collect::<Result<Vec<_>, _>>()?;
            Datum::List(items)
        }
        _ => {
            return Err(ExpressionError::Value(
                "the value is neither number, text, truth nor list".into(),
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> Data {
        let watch = Data::from([("mean".to_owned(), Datum::Number(0.7))]);
        Data::from([
            ("od".to_owned(), Datum::Number(0.62)),
            ("reads".to_owned(), Datum::Number(5.0)),
            ("values".to_owned(), Datum::Map(watch)),
        ])
    }

    #[test]
    fn conditions_see_their_data() {
        for (text, truth) in [
            ("od > 0.6", true),
            ("od >= 1", false),
            ("reads >= 5 && od < 0.7", true),
            ("values[\"mean\"] > 0.5", true),
            ("values.mean * 2.0 > 1.5", false),
            ("\"other\" in values", false),
        ] {
            assert_eq!(
                Expression::parse(text).unwrap().holds(&data()),
                Ok(truth),
                "{text}"
            );
        }
        assert_eq!(
            Expression::parse("od + values.mean > reads").unwrap().names(),
            BTreeSet::from(["od".to_owned(), "reads".to_owned(), "values".to_owned()])
        );
    }

    #[test]
    fn what_cannot_be_is_said() {
        assert!(Expression::parse("od >").is_err());
        for deep in ["(", "[", "{", "!", "-", "a?", "!(", "- ", "a ? b : "] {
            assert!(
                Expression::parse(&format!("{}a", deep.repeat(33))).is_err(),
                "{deep}"
            );
        }
        let wrong = |text: &str| Expression::parse(text).unwrap().holds(&data()).unwrap_err();
        assert!(wrong("absent > 1").to_string().contains("absent"));
        assert!(wrong("od").to_string().contains("true or false"));
        assert_eq!(
            wrong("values.absent > 1"),
            ExpressionError::Absent("absent".into())
        );
    }

    #[test]
    fn what_cannot_be_read_is_told_in_plain_words() {
        let said = |text: &str| match Expression::parse(text) {
            Err(ExpressionError::Syntax(said)) => said,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{text} can be read"),
        };
        for text in [
            "od >", "(od > 1", "od > 1)", "od # 1", "od > > 1", "od = 1", "'od", "od 1", "", "values[",
            "1 ? 2",
        ] {
            let said = said(text);
            for strange in ["ERROR", "<input>", "<EOF>", "expecting", "{", "IDENTIFIER"] {
                assert!(!said.contains(strange), "{text}: {said}");
            }
        }
        assert_eq!(said("od >"), "something is missing at its end");
        assert!(said("od # 1").contains("`#"), "{}", said("od # 1"));
        assert!(said("od > > 1").contains("character 6"), "{}", said("od > > 1"));
    }
}
