//! Lines of command words with lettered numbers (`M104 S42 H120`), as the Opentrons modules take them. Knows no module.

/// One command of a line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Command {
    pub(super) word: &'static str,
    arguments: Vec<(char, Option<f64>)>,
}

impl Command {
    /// The number after a letter.
    pub(super) fn number(&self, letter: char) -> Option<f64> {
        let found = self.arguments.iter().find(|(at, _)| *at == letter);
        found.and_then(|(_, number)| *number)
    }
}

/// Takes the number at the beginning off a text.
fn number(text: &mut &str) -> Option<f64> {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')))
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    *text = rest;
    digits.parse().ok()
}

/// The known commands of a line, from left to right; what is unknown is skipped. Blanks do not count.
pub(super) fn scan(line: &str, words: &[&'static str]) -> Vec<Command> {
    let packed: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    let mut rest = packed.as_str();
    let mut commands: Vec<Command> = Vec::new();
    while !rest.is_empty() {
        let known = words.iter().filter_map(|word| {
            let after = rest.strip_prefix(word)?;
            let whole = !after.starts_with(|c: char| c.is_ascii_digit() || c == '.');
            whole.then_some((*word, after))
        });
        if let Some((word, after)) = known.max_by_key(|(word, _)| word.len()) {
            commands.push(Command {
                word,
                arguments: Vec::new(),
            });
            rest = after;
            continue;
        }
        let mut letters = rest.chars();
        let letter = letters.next();
        rest = letters.as_str();
        let value = number(&mut rest);
        if let (Some(letter), Some(command)) = (letter, commands.last_mut())
            && letter.is_ascii_uppercase()
            && !matches!(letter, 'M' | 'G')
        {
            command.arguments.push((letter, value));
        }
    }
    commands
}

/// Cuts a line at its CR LF (a lone LF does as well); an empty line right behind is swallowed with it.
pub(super) fn cut_line(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = buffer.iter().position(|byte| *byte == b'\n')?;
    let mut line: Vec<u8> = buffer.drain(..=end).collect();
    line.retain(|byte| !matches!(*byte, b'\r' | b'\n'));
    if buffer.starts_with(b"\r\n") {
        buffer.drain(..2);
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_wherever_they_stand_in_a_line() {
        let words = ["M104", "M105", "M18", "M1"];
        let found = scan("xyz M104 S42.5 H-3 M105 M1050 M18", &words);
        let seen: Vec<&str> = found.iter().map(|command| command.word).collect();
        assert_eq!(seen, ["M104", "M105", "M18"]);
        assert_eq!(found[0].number('S'), Some(42.5));
        assert_eq!(found[0].number('H'), Some(-3.0));
        assert_eq!(found[0].number('V'), None);
        assert!(scan("", &words).is_empty() && scan("µ°", &words).is_empty());
    }
}
