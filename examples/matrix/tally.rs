//! What a row of the matrix found.

use std::collections::BTreeMap;
use std::fmt;

/// Counts of one row, and what went wrong in it.
#[derive(Debug, Default)]
pub struct Tally {
    /// Actions that were carried out, or tried.
    pub actions: u64,
    /// Requests, answers or devices that a fault befell.
    pub faults: u64,
    /// Times a person would have been asked.
    pub asked: u64,
    /// Times it was refused or given up, with nothing moved.
    pub refused: u64,
    /// Times that something else took place than was asked, and nothing can tell: a limit of the protocol.
    pub unseen: u64,
    /// Seeds that could not even begin.
    pub unready: u64,
    /// What must not happen, by kind: "double or missing", "stale", "partial", "panic", "not refused".
    pub wrong: BTreeMap<&'static str, u64>,
    /// The first cases of it.
    pub shown: Vec<String>,
}

impl Tally {
    /// Something went wrong.
    pub fn wrong(&mut self, kind: &'static str, what: String) {
        *self.wrong.entry(kind).or_default() += 1;
        if self.shown.len() < 5 {
            self.shown.push(format!("{kind}: {what}"));
        }
    }

    /// Adds another's counts.
    pub fn add(&mut self, other: Self) {
        self.actions += other.actions;
        self.faults += other.faults;
        self.asked += other.asked;
        self.refused += other.refused;
        self.unready += other.unready;
        self.unseen += other.unseen;
        for (kind, count) in other.wrong {
            *self.wrong.entry(kind).or_default() += count;
        }
        let room = 5_usize.saturating_sub(self.shown.len());
        self.shown.extend(other.shown.into_iter().take(room));
    }

    /// Whether nothing went wrong.
    pub fn good(&self) -> bool {
        self.wrong.is_empty()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            actions,
            faults,
            asked,
            refused,
            unready,
            unseen,
            ..
        } = self;
        write!(
            f,
            "{actions} actions, {faults} faults, {asked} asked, {refused} refused"
        )?;
        if *unready > 0 {
            write!(f, ", {unready} seeds not begun")?;
        }
        if *unseen > 0 {
            write!(f, ", {unseen} beyond the protocol")?;
        }
        if self.good() {
            return f.write_str("; 0 wrong");
        }
        for (kind, count) in &self.wrong {
            write!(f, "; {count} {kind}")?;
        }
        for case in &self.shown {
            write!(f, "\n    {case}")?;
        }
        Ok(())
    }
}
