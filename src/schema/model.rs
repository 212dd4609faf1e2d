//! What a description is made of.

use crate::units::Quantity;

/// A kind of quantity, and the units that it may have; the first is the usual one.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// As "volume".
    pub kind: &'static str,
    /// Units with their size in base units.
    pub units: &'static [(&'static str, i128)],
}

impl Measure {
    /// Of a type of quantity.
    pub const fn of<Q: Quantity>() -> Self {
        Self {
            kind: Q::KIND,
            units: Q::UNITS,
        }
    }
}

/// Which numbers a quantity may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// More than nothing.
    Positive,
    /// Nothing or more.
    NotNegative,
    /// Any.
    Any,
}

/// What belongs behind a key.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// A text.
    Text,
    /// A text that follows a regular expression, with the words for it.
    Pattern(&'static str, &'static str),
    /// One of these words.
    Words(&'static [&'static str]),
    /// True or false.
    Boolean,
    /// A whole number, least and most.
    Integer(i64, i64),
    /// A number, least and most.
    Number(f64, f64),
    /// A share as 0.10 or "10 %", least and most.
    Share(f64, f64),
    /// A text with a unit.
    Quantity(Measure, Sign),
    /// A text, a number, or true or false.
    Scalar,
    /// Any number of values.
    List(&'static Type),
    /// So many values.
    Exactly(usize, &'static Type),
    /// A value, or a list of them.
    OneOrMore(&'static Type),
    /// Either of two.
    Either(&'static Type, &'static Type),
    /// A table.
    Table(&'static Table),
    /// A table by names that the author gives; the first text says what the names are of, the type what they name.
    Map(&'static str, &'static Type),
    /// A table by names out of a list.
    MapOf(&'static [&'static str], &'static Type),
    /// A table that others read.
    Free,
}

/// One key of a table.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// What belongs there.
    pub kind: Type,
    /// What counts without it; nothing for a key that must be there.
    pub default: Option<&'static str>,
    /// What it means.
    pub meaning: &'static str,
    /// A value, in TOML; empty for tables that are described on their own.
    pub example: &'static str,
}

/// A table that is described on its own.
#[derive(Debug)]
pub struct Table {
    /// What it is called in schemas and between the markers of the reference, as "protocol.plates".
    pub id: &'static str,
    /// What it is for.
    pub meaning: &'static str,
    /// Its keys; those that it always may have, where there are cases.
    pub keys: &'static [Key],
    /// Further keys, by case.
    pub cases: Option<Cases>,
    /// At least one of these keys must be there, where any are named.
    pub any_of: &'static [&'static str],
    /// Whoever writes the first of these keys writes the second.
    pub together: &'static [(&'static str, &'static str)],
    /// Whether exactly one of its keys is written.
    pub single: bool,
}

/// A table that has nothing but keys.
pub const fn plain(id: &'static str, meaning: &'static str, keys: &'static [Key]) -> Table {
    Table {
        id,
        meaning,
        keys,
        cases: None,
        any_of: &[],
        together: &[],
        single: false,
    }
}

/// How the further keys of a table follow from what is written.
#[derive(Debug, Clone, Copy)]
pub enum Cases {
    /// From the word behind a key; the last text is the word that counts without one.
    Word(&'static str, Option<&'static str>, &'static [Case]),
    /// From the word behind a key of a table behind a key.
    Within(&'static str, &'static str, &'static [Case]),
    /// From the first key of these that is there, by the case's name; the last case counts when none is.
    Given(&'static [Case]),
}

impl Cases {
    /// All of them.
    pub const fn all(&self) -> &'static [Case] {
        match self {
            Self::Word(_, _, all) | Self::Within(_, _, all) | Self::Given(all) => all,
        }
    }
}

/// One case of a table.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The word or key that makes it.
    pub name: &'static str,
    /// The table with its keys; their meaning is that of the case.
    pub table: &'static Table,
}

/// A key that must be there.
pub const fn need(name: &'static str, kind: Type, meaning: &'static str, example: &'static str) -> Key {
    Key {
        name,
        kind,
        default: None,
        meaning,
        example,
    }
}

/// A key that may be there, with what counts without it.
pub const fn may(
    name: &'static str,
    kind: Type,
    default: &'static str,
    meaning: &'static str,
    example: &'static str,
) -> Key {
    Key {
        name,
        kind,
        default: Some(default),
        meaning,
        example,
    }
}
