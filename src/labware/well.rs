//! A well's address: row letter and column number without zero padding, "A1".

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use thiserror::Error;

/// A well by row and column, both counted from 0; ordered by row, then column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Well {
    /// Row from the back, 0 = A.
    pub row: u8,
    /// Column from the left, 0 = 1.
    pub column: u8,
}

/// Why a text is no well.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{0}\" is not a well; wells are written like A1 or H12")]
pub struct WellError(String);

impl Well {
    /// From row and column, counted from 0.
    pub const fn new(row: u8, column: u8) -> Self {
        Self { row, column }
    }
    /// From a row-major index in labware of `columns` columns; `None` outside what an address can say.
    pub fn from_index(index: usize, columns: u8) -> Option<Self> {
        let columns = usize::from(columns);
        let row = u8::try_from(index.checked_div(columns)?).ok()?;
        let column = u8::try_from(index.checked_rem(columns)?).ok()?;
        Some(Self { row, column })
    }
    /// Row-major index in labware of `columns` columns.
    pub fn index(self, columns: u8) -> usize {
        usize::from(self.row) * usize::from(columns) + usize::from(self.column)
    }
    /// On the rim of labware of this size.
    pub fn is_edge(self, rows: u8, columns: u8) -> bool {
        self.row == 0 || self.column == 0 || self.row + 1 >= rows || self.column + 1 >= columns
    }
}

impl fmt::Display for Well {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = |n: u8| char::from(b'A' + n % 26);
        if self.row >= 26 {
            write!(f, "{}", letter(self.row / 26 - 1))?;
        }
        write!(f, "{}{}", letter(self.row), u16::from(self.column) + 1)
    }
}

impl std::str::FromStr for Well {
    type Err = WellError;
    fn from_str(text: &str) -> Result<Self, WellError> {
        let wrong = || WellError(text.to_owned());
        let text_trimmed = text.trim();
        let split = text_trimmed
            .find(|c: char| c.is_ascii_digit())
            .ok_or_else(wrong)?;
        let (letters, digits) = text_trimmed.split_at_checked(split).ok_or_else(wrong)?;
        if letters.is_empty() || letters.len() > 2 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        let mut row = 0_u16;
        for letter in letters.bytes() {
            let letter = letter.to_ascii_uppercase();
            if !letter.is_ascii_uppercase() {
                return Err(wrong());
            }
            row = row * 26 + u16::from(letter - b'A') + 1;
        }
        let column: u16 = digits.parse().map_err(|_| wrong())?;
        let row = row
            .checked_sub(1)
            .and_then(|r| u8::try_from(r).ok())
            .ok_or_else(wrong)?;
        let column = column
            .checked_sub(1)
            .and_then(|c| u8::try_from(c).ok())
            .ok_or_else(wrong)?;
        Ok(Self { row, column })
    }
}

impl Serialize for Well {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Well {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back() {
        for (row, column) in [(0, 0), (7, 11), (15, 23), (31, 47)] {
            let well = Well::new(row, column);
            assert_eq!(well.to_string().parse(), Ok(well));
        }
        assert_eq!("a01".parse(), Ok(Well::new(0, 0)));
        assert_eq!("AA1".parse(), Ok(Well::new(26, 0)));
        for wrong in ["", "A", "1", "A0", "1A", "A1B", "AAA1", "A99999"] {
            assert!(wrong.parse::<Well>().is_err(), "{wrong}");
        }
    }
}
