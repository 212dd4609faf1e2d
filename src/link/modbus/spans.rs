//! Neighbouring registers in few requests, and which of them may be written.

use super::Request;
use crate::rig::profile::modbus::TableKind;

/// Registers or bits one after another: wire address of the first, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First address.
    pub address: u16,
    /// How many.
    pub count: u16,
}

impl Span {
    /// So many from an address on.
    pub const fn new(address: u16, count: u16) -> Self {
        Self { address, count }
    }
    /// The address behind the last one, which may be 65536.
    pub fn end(self) -> u32 {
        u32::from(self.address) + u32::from(self.count)
    }
    /// Whether all of another lies within.
    pub fn covers(self, other: Self) -> bool {
        self.address <= other.address && other.end() <= self.end()
    }
}

/// The reads that bring all that is wanted, in order of their addresses: as few as may be. Each wanted span of at most `most`
/// lies whole in one read, so that its words are of one moment; longer ones are cut. Between two spans of one read at most
/// `gap` others are read besides (a device may refuse a read over what it has not: then `gap` is 0).
pub fn coalesce(wanted: &[Span], gap: u16, most: u16) -> Vec<Span> {
    let most = most.max(1);
    let mut pieces: Vec<Span> = Vec::with_capacity(wanted.len());
    for span in wanted {
        let (mut address, mut left) = (span.address, span.count);
        while left > most {
            pieces.push(Span::new(address, most));
            address = address.saturating_add(most);
            left -= most;
        }
        if left > 0 {
            pieces.push(Span::new(address, left));
        }
    }
    pieces.sort_unstable();
    let mut out: Vec<Span> = Vec::new();
    for piece in pieces {
        let near = out.last_mut().filter(|last| {
            let apart = u32::from(piece.address).saturating_sub(last.end());
            let whole = piece.end().max(last.end()) - u32::from(last.address);
            apart <= u32::from(gap) && whole <= u32::from(most)
        });
        match near {
            Some(last) => {
                let whole = piece.end().max(last.end()) - u32::from(last.address);
                last.count = u16::try_from(whole).unwrap_or(most);
            }
            None => out.push(piece),
        }
    }
    out
}

/// What may be written: nothing, unless it is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Writable {
    everything: bool,
    spans: Vec<(TableKind, Span)>,
}

impl Writable {
    /// Nothing.
    pub fn nothing() -> Self {
        Self::default()
    }
    /// Whatever is asked; for programs that try a device out.
    pub const fn everything() -> Self {
        Self {
            everything: true,
            spans: Vec::new(),
        }
    }
    /// These besides.
    #[must_use]
    pub fn and(mut self, table: TableKind, span: Span) -> Self {
        self.spans.push((table, span));
        self
    }
    /// What a request would write and may not; `None` when it writes nothing or only what is named.
    pub fn forbids(&self, request: &Request) -> Option<(TableKind, Span)> {
        let (table, span) = request.written()?;
        let named = |address: u32| {
            self.spans
                .iter()
                .any(|(t, s)| *t == table && u32::from(s.address) <= address && address < s.end())
        };
        let allowed = self.everything || (u32::from(span.address)..span.end()).all(named);
        (!allowed).then_some((table, span))
    }
}

#[cfg(test)]
#[path = "spans_tests.rs"]
mod tests;
