//! Texts with holes, heard and said: `SET {degrees:.1}`. A hole has a name and a form: `{x}` a number, `{x:.2}` with so many
//! digits after the point, `{x:04}` of four digits, `{x:04X}` of four hexadecimal digits, `{x:+05}` with its sign, `{x:text}` any text.

use super::values::Value;
use crate::num;

/// How a value is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Form {
    width: usize,
    decimals: usize,
    hex: bool,
    text: bool,
    /// Its sign is always there.
    plus: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Literal(String),
    Hole(String, Form),
}

/// A text with holes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Template(Vec<Piece>);

impl Form {
    fn parse(spec: &str) -> Option<Self> {
        if spec == "text" {
            let text = true;
            return Some(Self {
                text,
                ..Self::default()
            });
        }
        let (spec, plus) = match spec.strip_prefix('+') {
            Some(rest) => (rest, true),
            None => (spec, false),
        };
        let (spec, hex) = match spec.strip_suffix('X') {
            Some(rest) => (rest, true),
            None => (spec, false),
        };
        let (width, decimals) = spec.split_once('.').unwrap_or((spec, "0"));
        let width = match width {
            "" => 0,
            digits => digits.strip_prefix('0')?.parse().ok()?,
        };
        let decimals = decimals.parse().ok()?;
        let sound = width <= 16 && decimals <= 6 && (!hex || width > 0 && decimals == 0);
        sound.then_some(Self {
            width,
            decimals,
            hex,
            text: false,
            plus,
        })
    }

    fn write(self, number: f64) -> String {
        if self.hex {
            let mask = 16_i64.checked_pow(u32::try_from(self.width).unwrap_or(16));
            let raw = num::round_i64(number);
            let raw = mask.map_or(raw, |all| raw.rem_euclid(all));
            return format!("{raw:0width$X}", width = self.width);
        }
        // Never "-0.0".
        let number = if number == 0.0 { 0.0 } else { number };
        let (width, decimals) = (self.width, self.decimals);
        if self.plus {
            return format!("{number:+0width$.decimals$}");
        }
        format!("{number:0width$.decimals$}")
    }

    /// The value at the beginning of a text, and what is left.
    fn take<'a>(self, text: &'a str, next: Option<&str>) -> Option<(Value, &'a str)> {
        if self.text {
            let end = next.map_or(Some(text.len()), |literal| text.find(literal))?;
            let (own, rest) = text.split_at_checked(end)?;
            return Some((Value::Text(own.to_owned()), rest));
        }
        if self.hex {
            let (own, rest) = text.split_at_checked(self.width)?;
            let number = u32::from_str_radix(own, 16).ok()?;
            return Some((Value::Number(f64::from(number)), rest));
        }
        let end = match self.width {
            0 => number_ends(text),
            width => width,
        };
        let (own, rest) = text.split_at_checked(end)?;
        let plain = number_ends(own) == own.len();
        let number = own.parse().ok().filter(|_| plain)?;
        Some((Value::Number(number), rest))
    }
}

/// Where the number at the beginning of a text ends.
fn number_ends(text: &str) -> usize {
    let mut point = false;
    let part_of = |(at, c): &(usize, char)| match c {
        '+' | '-' => *at == 0,
        '.' => !std::mem::replace(&mut point, true),
        c => c.is_ascii_digit(),
    };
    text.char_indices().take_while(part_of).count()
}

impl Template {
    /// From its text; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '{' | '}' if rest.peek() == Some(&c) => {
                    rest.next();
                    literal.push(c);
                }
                '{' => {
                    let mut hole = String::new();
                    loop {
                        match rest.next() {
                            Some('}') => break,
                            Some(c) => hole.push(c),
                            None => return Err(format!("\"{text}\": a brace is not closed")),
                        }
                    }
                    if !literal.is_empty() {
                        pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                    }
                    let (name, spec) = hole.split_once(':').unwrap_or((&hole, ""));
                    let form = Form::parse(spec)
                        .ok_or_else(|| format!("\"{text}\": `{spec}` says no form of a number"))?;
                    pieces.push(Piece::Hole(name.to_owned(), form));
                }
                '}' => return Err(format!("\"{text}\": a brace was not opened")),
                c => literal.push(c),
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self(pieces))
    }

    /// What a text has in the holes, if it fits as a whole.
    pub(super) fn hears(&self, text: &str) -> Option<Vec<(String, Value)>> {
        let mut rest = text;
        let mut found = Vec::new();
        let mut pieces = self.0.iter().peekable();
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
                Piece::Hole(name, form) => {
                    let next = match pieces.peek() {
                        Some(Piece::Literal(literal)) => Some(literal.as_str()),
                        _ => None,
                    };
                    let (value, left) = form.take(rest, next)?;
                    found.push((name.clone(), value));
                    rest = left;
                }
            }
        }
        rest.is_empty().then_some(found)
    }

    /// The text with values in its holes.
    pub(super) fn says(&self, mut value: impl FnMut(&str) -> Value) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(literal) => out.push_str(literal),
                Piece::Hole(name, form) => match value(name) {
                    Value::Text(text) => out.push_str(&text),
                    Value::Number(number) => out.push_str(&form.write(number)),
                },
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(template: &str, text: &str) -> Option<Vec<(String, Value)>> {
        Template::parse(template).unwrap().hears(text)
    }

    fn number(name: &str, number: f64) -> (String, Value) {
        (name.to_owned(), Value::Number(number))
    }

    #[test]
    fn what_is_heard_fits_as_a_whole() {
        assert_eq!(heard("T{t}", "T-4.5"), Some(vec![number("t", -4.5)]));
        assert_eq!(heard("T{t}", "T4.5C"), None);
        assert_eq!(heard("T{t}", "T"), None);
        assert_eq!(
            heard("{{M{r:02X}{v:04X}", "{M00FF38"),
            Some(vec![number("r", 0.0), number("v", 65336.0)])
        );
        assert_eq!(
            heard("{a:03}{b:03}", "012345"),
            Some(vec![number("a", 12.0), number("b", 345.0)])
        );
        let name = ("n".to_owned(), Value::Text("gm 7".to_owned()));
        assert_eq!(heard("say {n:text};", "say gm 7;"), Some(vec![name]));
    }

    #[test]
    fn what_is_said_has_the_form_that_is_asked_for() {
        let says =
            |template: &str, number| Template::parse(template).unwrap().says(|_| Value::Number(number));
        assert_eq!(says("{x}", 37.4), "37");
        assert_eq!(says("{x:.1}", 37.44), "37.4");
        assert_eq!(says("{x:04}", 37.0), "0037");
        assert_eq!(says("{x:04X}", -200.0), "FF38");
        assert_eq!(says("{x:+05}", 251.4), "+0251");
        assert_eq!(says("a{x:02X}z{{}}", 255.0), "aFFz{}");
        assert!(Template::parse("{x:4}").is_err() && Template::parse("{x:X}").is_err());
    }
}
