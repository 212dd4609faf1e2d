//! The board's line grammar: several G and M codes on a line, arguments glued to their letters.

/// One argument: a letter and perhaps a number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Arg {
    pub(crate) letter: char,
    pub(crate) value: Option<f64>,
}

/// One code with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Code {
    pub(crate) letter: char,
    pub(crate) number: u32,
    pub(crate) sub: u32,
    pub(crate) args: Vec<Arg>,
    /// The arguments as they were written, for codes that take text.
    pub(crate) words: Vec<String>,
    /// The first argument that is no letter with a number.
    pub(crate) bad: Option<String>,
}

impl Code {
    /// The number behind a letter.
    pub(crate) fn value(&self, letter: char) -> Option<f64> {
        self.args
            .iter()
            .find(|arg| arg.letter == letter)
            .and_then(|arg| arg.value)
    }
}

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Line {
    Empty,
    /// A console word such as `version`.
    Word(String),
    Codes(Vec<Code>),
}

/// Splits leading number characters off.
fn number(text: &str) -> (&str, &str) {
    let end = text
        .char_indices()
        .find(|(_, c)| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')))
        .map_or(text.len(), |(at, _)| at);
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Codes whose arguments are text, not numbers.
fn takes_text(letter: char, number: u32) -> bool {
    letter == 'M' && (369..=374).contains(&number)
}

/// Reads one line without its end.
pub(crate) fn parse(line: &str) -> Line {
    let line = line.split(';').next().unwrap_or("").trim();
    match line.chars().next() {
        None => return Line::Empty,
        Some(first) if first.is_ascii_lowercase() => return Line::Word(line.to_owned()),
        Some(_) => {}
    }
    let mut codes: Vec<Code> = Vec::new();
    for word in line.split_ascii_whitespace() {
        let mut rest = word;
        if let Some(last) = codes.last_mut()
            && takes_text(last.letter, last.number)
            && !matches!(word.chars().next(), Some('G' | 'M'))
        {
            last.words.push(word.to_owned());
            continue;
        }
        while let Some(letter) = rest.chars().next() {
            let (_, tail) = rest.split_at_checked(letter.len_utf8()).unwrap_or((rest, ""));
            let (digits, after) = number(tail);
            rest = after;
            if matches!(letter, 'G' | 'M') && !digits.is_empty() {
                let (whole, sub) = digits.split_once('.').unwrap_or((digits, "0"));
                match (whole.parse(), sub.parse()) {
                    (Ok(number), Ok(sub)) => {
                        codes.push(Code {
                            letter,
                            number,
                            sub,
                            args: Vec::new(),
                            words: Vec::new(),
                            bad: None,
                        });
                    }
                    _ => codes.push(Code {
                        letter,
                        number: 0,
                        sub: 0,
                        args: Vec::new(),
                        words: Vec::new(),
                        bad: Some(word.to_owned()),
                    }),
                }
                continue;
            }
            if codes.is_empty() {
                // Axis words alone are a move: the board is modal.
                codes.push(Code {
                    letter: 'G',
                    number: 0,
                    sub: 0,
                    args: Vec::new(),
                    words: Vec::new(),
                    bad: None,
                });
            }
            if let Some(last) = codes.last_mut() {
                let value = digits.parse::<f64>().ok().filter(|value| value.is_finite());
                if !letter.is_ascii_uppercase() || (value.is_none() && !digits.is_empty()) {
                    last.bad.get_or_insert_with(|| word.to_owned());
                }
                last.args.push(Arg { letter, value });
            }
        }
    }
    Line::Codes(codes)
}

#[cfg(test)]
#[path = "gcode_tests.rs"]
mod tests;
