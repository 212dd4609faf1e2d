//! The block of values that comes after a read: rows, each forth and the next one back, with a checksum at its end.

/// What a reader measures in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Absorbance, with a decimal point.
    Absorbance,
    /// Counts, whole numbers.
    Counts,
}

/// Why a block is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It is not built like a block, or the checksum is another.
    Garbled,
    /// It is of other wells or in another unit than asked for.
    Other,
    /// The reader ended the read with this status.
    Status(u16),
}

/// The values row by row; none where the reader was out of range (`*`).
///
/// # Errors
/// When it is garbled, or not what was asked for.
pub fn read(text: &str, (rows, columns): (usize, usize), unit: Unit) -> Result<Vec<Option<f64>>, Wrong> {
    let body = text.strip_prefix("01,1,\r").ok_or(Wrong::Garbled)?;
    let mut parts = body.split('\x1a');
    let (Some(summed), Some(sum), Some(status), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Wrong::Garbled);
    };
    // The sum takes in the SUB that ends what is summed.
    let own = summed.bytes().fold(0x1A_u8, u8::wrapping_add);
    if sum.len() != 3 || sum.parse() != Ok(own) {
        return Err(Wrong::Garbled);
    }
    match (status.len(), status.parse()) {
        (4, Ok(0)) => {}
        (4, Ok(status)) => return Err(Wrong::Status(status)),
        _ => return Err(Wrong::Garbled),
    }
    values(summed, (rows, columns), unit)
}

/// What stands between head and checksum: time and temperature, then the rows, then the temperature again.
fn values(text: &str, (rows, columns): (usize, usize), unit: Unit) -> Result<Vec<Option<f64>>, Wrong> {
    let (_, text) = text.split_once(',').ok_or(Wrong::Garbled)?;
    let (_, text) = text.split_once(',').ok_or(Wrong::Garbled)?;
    let (text, _) = text.rsplit_once("\r\n").ok_or(Wrong::Garbled)?;
    let mut found: Vec<Option<Option<f64>>> = vec![None; rows * columns];
    for row in text.split("\r\n,") {
        let mut words = row.split(',');
        while let Some(row) = words.next() {
            let (row, column) = (number(Some(row))?, number(words.next())?);
            let value = value(words.next().ok_or(Wrong::Garbled)?, unit)?;
            if column > columns {
                return Err(Wrong::Other);
            }
            let at = (row - 1) * columns + column - 1;
            let place = found.get_mut(at).ok_or(Wrong::Other)?;
            if place.replace(value).is_some() {
                return Err(Wrong::Other);
            }
        }
    }
    found.into_iter().collect::<Option<Vec<_>>>().ok_or(Wrong::Other)
}

/// A row or column, from 1.
fn number(word: Option<&str>) -> Result<usize, Wrong> {
    let number = word.filter(|w| w.len() == 2).and_then(|w| w.parse().ok());
    number.filter(|n| (1..=48).contains(n)).ok_or(Wrong::Garbled)
}

fn value(word: &str, unit: Unit) -> Result<Option<f64>, Wrong> {
    if word.contains('*') {
        return Ok(None);
    }
    let plain = |b: u8| b.is_ascii_digit() || b"+-.".contains(&b);
    if !word.bytes().all(plain) {
        return Err(Wrong::Garbled);
    }
    let value: f64 = word.parse().map_err(|_| Wrong::Garbled)?;
    if word.contains('.') != (unit == Unit::Absorbance) {
        return Err(Wrong::Other);
    }
    Ok(Some(value))
}

#[cfg(test)]
#[path = "block_tests.rs"]
mod tests;
