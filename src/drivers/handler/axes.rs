//! The six axes of a liquid handler, and where they are.

/// A motor axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axis {
    /// Carriage, left to right.
    X,
    /// Carriage, front to back.
    Y,
    /// Left mount.
    Z,
    /// Right mount.
    A,
    /// Left plunger.
    B,
    /// Right plunger.
    C,
}

impl Axis {
    /// All six.
    pub const ALL: [Self; 6] = [Self::X, Self::Y, Self::Z, Self::A, Self::B, Self::C];
    /// Its letter.
    pub const fn letter(self) -> char {
        match self {
            Self::X => 'X',
            Self::Y => 'Y',
            Self::Z => 'Z',
            Self::A => 'A',
            Self::B => 'B',
            Self::C => 'C',
        }
    }
    /// The axis of a letter.
    pub(in crate::drivers) fn of(letter: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|a| letter.len() == 1 && letter.starts_with(a.letter()))
    }
}

/// Where the axes are, in micrometres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position(pub(in crate::drivers) [i64; 6]);

impl Position {
    /// Where one axis is.
    pub fn at(&self, axis: Axis) -> i64 {
        self.0.get(axis as usize).copied().unwrap_or_default()
    }
}

/// Where the axes are and which are homed.
#[derive(Debug, Clone, Copy)]
pub struct State {
    pub(in crate::drivers) position: Position,
    /// Both mounts.
    pub(in crate::drivers) up: bool,
    /// Carriage and mounts.
    pub(in crate::drivers) gantry: bool,
    /// Every axis, plungers too.
    pub(in crate::drivers) homed: bool,
}

impl State {
    /// Where one axis is.
    pub(in crate::drivers) fn at(&self, axis: Axis) -> i64 {
        self.position.at(axis)
    }
}
