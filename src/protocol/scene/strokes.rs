//! Steps whose strokes are verified.

use super::Scene;
use crate::protocol::source::liquid::{Handling, Which};
use crate::protocol::source::{Spanned, Step, StepWork};
use crate::units::Volume;

/// A step that asks for one volume in each of its strokes.
pub(in crate::protocol) struct Asking<'a> {
    /// Its position.
    pub index: usize,
    /// The step.
    pub step: &'a Step,
    /// How its liquid is handled.
    pub handling: &'a Handling,
    /// What it asks for.
    pub volume: Volume,
    /// What it delivers into.
    pub to: &'a Spanned<String>,
}

impl<'a> Scene<'a> {
    /// The step of a name and those that are named after it: its repetitions, or the steps that it calls.
    pub fn named_after(&self, name: &str) -> impl Iterator<Item = (usize, &'a Step)> {
        let begin = format!("{name}-");
        let name = name.to_owned();
        let steps = self.source.steps.iter().enumerate();
        steps.filter(move |(_, s)| s.id.value == name || s.id.value.starts_with(&begin))
    }

    /// Those of them that ask for one volume in each of their strokes.
    pub fn asking(&self, name: &str) -> Vec<Asking<'a>> {
        let asking = |(index, step): (usize, &'a Step)| {
            let (handling, volume, to) = match &step.work {
                StepWork::Distribute(d) => (&d.handling, &d.volume, &d.to),
                StepWork::Transfer(t) => match &t.which {
                    Which::Same { volume, .. } => (&t.handling, volume, &t.to),
                    Which::Listed(_) => return None,
                },
                _ => return None,
            };
            Some(Asking {
                index,
                step,
                handling,
                volume: volume.value,
                to,
            })
        };
        self.named_after(name).filter_map(asking).collect()
    }
}
