//! Command strings: letters with operands, and the loops among them.

use crate::world::Valve;

/// A command that is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letter {
    V,
    Start,
    Cutoff,
    CutoffIncrements,
    Slope,
    Preset,
    Backlash,
    Gap,
    Resolution,
    Delay,
    Halt,
    Valve(Valve),
    Zero {
        output: Valve,
    },
    Here,
    Absolute {
        quiet: bool,
    },
    PickUp {
        quiet: bool,
    },
    Dispense {
        quiet: bool,
    },
    /// A command of the PSD/4 alone, by its number.
    Extended,
}

impl Letter {
    fn of(letter: char) -> Option<Self> {
        Some(match letter {
            'V' => Self::V,
            'v' => Self::Start,
            'c' => Self::Cutoff,
            'C' => Self::CutoffIncrements,
            'L' => Self::Slope,
            'S' => Self::Preset,
            'K' => Self::Backlash,
            'k' => Self::Gap,
            'N' => Self::Resolution,
            'M' => Self::Delay,
            'H' => Self::Halt,
            'I' => Self::Valve(Valve::Input),
            'O' => Self::Valve(Valve::Output),
            'B' => Self::Valve(Valve::Bypass),
            'Z' | 'W' => Self::Zero {
                output: Valve::Output,
            },
            // Numbered the other way round, its output is where the input is otherwise.
            'Y' => Self::Zero { output: Valve::Input },
            'z' => Self::Here,
            'A' | 'a' => Self::Absolute { quiet: letter == 'a' },
            'h' => Self::Extended,
            'P' | 'p' => Self::PickUp { quiet: letter == 'p' },
            'D' | 'd' => Self::Dispense { quiet: letter == 'd' },
            _ => return None,
        })
    }
}

/// A command with its operands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Op {
    pub(super) letter: Letter,
    pub(super) operands: Vec<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Op(Op),
    /// `g`.
    Open,
    /// `G`: so often; none for ever.
    Close(Option<u32>),
}

/// A command string, and how far it was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program {
    items: Vec<Item>,
    at: usize,
    /// Open loops: where each began, and how often it still goes back.
    loops: Vec<(usize, Option<u32>)>,
}

impl Program {
    /// Reads a string; an unknown letter refuses it as a whole.
    pub(super) fn parse(text: &str) -> Result<Self, ()> {
        let mut items = Vec::new();
        let mut rest = text.chars().peekable();
        while let Some(letter) = rest.next() {
            let mut digits = String::new();
            while let Some(c) = rest.next_if(|c| c.is_ascii_digit() || *c == ',') {
                digits.push(c);
            }
            let operands: Vec<i64> = digits
                .split(',')
                .filter(|d| !d.is_empty())
                .map(|d| d.parse().map_err(|_| ()))
                .collect::<Result<_, ()>>()?;
            items.push(match letter {
                'g' => Item::Open,
                'G' => {
                    let times = operands.first().copied().unwrap_or(0);
                    Item::Close(u32::try_from(times).ok().filter(|n| *n > 0))
                }
                letter => Item::Op(Op {
                    letter: Letter::of(letter).ok_or(())?,
                    operands,
                }),
            });
        }
        Ok(Self {
            items,
            at: 0,
            loops: Vec::new(),
        })
    }

    /// The same, to be executed anew.
    pub(super) fn rewound(mut self) -> Self {
        self.at = 0;
        self.loops.clear();
        self
    }

    /// Whether it has a command of the PSD/4 alone in it.
    pub(super) fn extended(&self) -> bool {
        let extended = |item: &Item| matches!(item, Item::Op(op) if op.letter == Letter::Extended);
        self.items.iter().any(extended)
    }

    /// Its command, where it has but one.
    pub(super) fn single(&self) -> Option<&Op> {
        match self.items.as_slice() {
            [Item::Op(op)] => Some(op),
            _ => None,
        }
    }

    /// Whether every loop that ends has begun, no more than ten deep.
    pub(super) fn balanced(&self) -> bool {
        let mut depth = 0_u32;
        for item in &self.items {
            match item {
                Item::Open => depth += 1,
                Item::Close(_) if depth == 0 => return false,
                Item::Close(_) => depth -= 1,
                Item::Op(_) => {}
            }
            if depth > 10 {
                return false;
            }
        }
        true
    }

    /// The next command.
    pub(super) fn next(&mut self) -> Option<Op> {
        // A loop without a command in it would never end.
        for _ in 0..1_000 {
            let item = self.items.get(self.at)?.clone();
            self.at += 1;
            match item {
                Item::Op(op) => return Some(op),
                Item::Open => self.loops.push((self.at, None)),
                Item::Close(times) => {
                    let Some((start, left)) = self.loops.pop() else {
                        continue;
                    };
                    let left = match (left, times) {
                        (_, None) => None,
                        (None, Some(times)) => Some(times - 1),
                        (Some(left), Some(_)) => Some(left.saturating_sub(1)),
                    };
                    if left != Some(0) {
                        self.loops.push((start, left));
                        self.at = start;
                    }
                }
            }
        }
        None
    }
}

/// Top speed of a preset, in half increments a second.
pub(super) fn preset(code: i64) -> Option<i64> {
    const SPEEDS: [i64; 41] = [
        6000, 5600, 5000, 4400, 3800, 3200, 2600, 2200, 2000, 1800, 1600, 1400, 1200, 1000, 800, 600, 400,
        200, 190, 180, 170, 160, 150, 140, 130, 120, 110, 100, 90, 80, 70, 60, 50, 40, 30, 20, 18, 16, 14,
        12, 10,
    ];
    SPEEDS.get(usize::try_from(code).ok()?).copied()
}
