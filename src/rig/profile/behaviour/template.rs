//! Texts with holes, as they are heard and said: `SET {degrees:.1}`. A hole has a name and, behind a colon, a form: `.2`
//! digits after the point, `04` digits in all, `04X` hexadecimal digits, `text` any text.

use crate::source::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Number,
    Digits(usize),
    Hex(usize),
    Text,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Hole(String, Form),
}

/// A text with holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

/// Reads one; reports what is wrong with it.
pub(super) fn read(value: &Value<'_>) -> Option<Template> {
    match parse(&value.text()?) {
        Ok(template) => Some(template),
        Err(why) => {
            value.error("template", format!("`{}`: {why}", value.path));
            None
        }
    }
}

fn parse(text: &str) -> Result<Template, String> {
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
                        None => return Err("a brace is opened and not closed; a brace itself is `{{`".into()),
                    }
                }
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                let (name, form) = hole.split_once(':').unwrap_or((hole.as_str(), ""));
                if name.is_empty() {
                    return Err("a hole needs a name, as `{degrees}`".into());
                }
                pieces.push(Piece::Hole(name.to_owned(), of_form(form)?));
            }
            '}' => return Err("a brace is closed and was not opened; a brace itself is `}}`".into()),
            c => literal.push(c),
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(Template(pieces))
}

fn of_form(form: &str) -> Result<Form, String> {
    let wrong = || {
        format!(
            "`{form}` is no form; write `.2` (digits after the point), `04` (digits), `04X` (hexadecimal digits) or `text`"
        )
    };
    if form == "text" {
        return Ok(Form::Text);
    }
    let digits = form.strip_prefix('+').unwrap_or(form);
    let (digits, hex) = digits
        .strip_suffix('X')
        .map_or((digits, false), |rest| (rest, true));
    let (width, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let width: usize = match width {
        "" => 0,
        width => width
            .strip_prefix('0')
            .and_then(|w| w.parse().ok())
            .ok_or_else(wrong)?,
    };
    let decimals: usize = decimals.parse().map_err(|_| wrong())?;
    if width > 16 || decimals > 6 || hex && (width == 0 || decimals > 0) {
        return Err(wrong());
    }
    Ok(match (hex, width) {
        (true, width) => Form::Hex(width),
        (false, 0) => Form::Number,
        (false, width) => Form::Digits(width),
    })
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
    /// Names of its holes.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Hole(name, _) => Some(name.as_str()),
            Piece::Literal(_) => None,
        })
    }

    /// Whether a text fits as a whole.
    pub(super) fn hears(&self, text: &str) -> bool {
        let mut rest = text;
        let mut pieces = self.0.iter().peekable();
        while let Some(piece) = pieces.next() {
            let left = match piece {
                Piece::Literal(literal) => rest.strip_prefix(literal.as_str()),
                Piece::Hole(_, form) => {
                    let end = match (form, pieces.peek()) {
                        (Form::Text, Some(Piece::Literal(literal))) => rest.find(literal.as_str()),
                        (Form::Text, _) => Some(rest.len()),
                        (Form::Number, _) => Some(number_ends(rest)).filter(|end| *end > 0),
                        (Form::Digits(width) | Form::Hex(width), _) => Some(*width),
                    };
                    end.and_then(|end| rest.split_at_checked(end))
                        .map(|(_, left)| left)
                }
            };
            let Some(left) = left else { return false };
            rest = left;
        }
        rest.is_empty()
    }
}
