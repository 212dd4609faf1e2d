//! Texts with holes: what is sent, with arguments in braces, and what stands around texts on the wire.

use super::{Part, Piece};

/// A text with arguments in braces, as "setTempTarget{tenths}"; a brace itself is doubled.
///
/// # Errors
/// What is wrong with it.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    for hole in holes(text)? {
        match hole {
            Hole::Text(text) => literal.push_str(&text),
            Hole::Name(name) => {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Argument(name));
            }
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(pieces)
}

/// What stands around a text: `{}` is the text itself, `{sum}` the checksum of what is before it.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut parts: Vec<Part> = Vec::new();
    for hole in holes(text)? {
        match hole {
            Hole::Text(text) => match parts.last_mut() {
                Some(Part::Bytes(bytes)) => bytes.extend(text.bytes()),
                _ => parts.push(Part::Bytes(text.into_bytes())),
            },
            Hole::Name(name) if name.is_empty() => parts.push(Part::Text),
            Hole::Name(name) if name == "sum" => parts.push(Part::Sum),
            Hole::Name(name) => {
                return Err(format!(
                    "`{{{name}}}` means nothing here; there are `{{}}`, the text, and `{{sum}}`"
                ));
            }
        }
    }
    let count = |wanted: &Part| parts.iter().filter(|p| *p == wanted).count();
    if count(&Part::Text) != 1 {
        return Err("`{}` stands for the text, exactly once".to_owned());
    }
    let text = parts.iter().position(|p| *p == Part::Text);
    let sum = parts.iter().position(|p| *p == Part::Sum);
    if count(&Part::Sum) > 1 || sum.is_some_and(|sum| Some(sum) < text) {
        return Err("`{sum}` stands behind the text, at most once".to_owned());
    }
    Ok(parts)
}

enum Hole {
    Text(String),
    Name(String),
}

fn holes(text: &str) -> Result<Vec<Hole>, String> {
    let mut found = Vec::new();
    let mut literal = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '{' | '}' if rest.peek() == Some(&c) => {
                rest.next();
                literal.push(c);
            }
            '{' => {
                if !literal.is_empty() {
                    found.push(Hole::Text(std::mem::take(&mut literal)));
                }
                let mut name = String::new();
                loop {
                    match rest.next() {
                        Some('}') => break,
                        Some(c) => name.push(c),
                        None => {
                            return Err("a brace is opened and not closed; a brace itself is `{{`".to_owned());
                        }
                    }
                }
                found.push(Hole::Name(name));
            }
            '}' => return Err("a brace is closed and was not opened; a brace itself is `}}`".to_owned()),
            c if !c.is_ascii() => {
                return Err(format!(
                    "\"{c}\" is no ASCII character; lines of instruments are ASCII"
                ));
            }
            c => literal.push(c),
        }
    }
    if !literal.is_empty() {
        found.push(Hole::Text(literal));
    }
    Ok(found)
}
