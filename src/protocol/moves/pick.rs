//! Picks that data will choose: what they need at worst.

use super::problem::Problem;
use super::scatter::scattered;
use super::walk::{Walker, clamped, draw_height};
use crate::labware::Well;
use crate::protocol::source::StepWork;
use crate::protocol::source::liquid::Pick;
use crate::units::{Length, Volume};

/// What a picklist needs at worst.
pub(in crate::protocol) struct PickNeed {
    /// Tips for the fill: one set. Tips for the picks:
    pub picks: u64,
    /// Columns of the target at most.
    pub columns: u64,
    /// Strokes of mixing before each pick.
    pub mix: Option<(u8, Volume)>,
    /// Tip end above the source's bottom.
    pub height: Length,
}

impl Walker<'_, '_> {
    /// Every strain could be the hit that all picks come from.
    pub fn pick(&mut self, p: &Pick) -> Option<PickNeed> {
        let (_, step) = self.scene.step(&p.select.value)?;
        let StepWork::Select(select) = &step.work else {
            return None;
        };
        let source = self.vessels.plate(self.scene.single(&select.source.value)?)?;
        let target = self.vessels.plate(self.scene.single(&select.target.value)?)?;
        let from = self.vessels.get(source)?.labware;
        let to = self.vessels.get(target)?.labware;
        let (_, pipette) = self.scene.pipette(&p.transfer.pipette.value)?;
        let times = i64::from(select.replicates.value.max(select.references.value));
        let drawn = p.transfer.volume.value.times(times);
        let wells = self.inhabited(source);
        let level = wells
            .iter()
            .map(|w| self.level(source, *w))
            .min()
            .unwrap_or_default();
        self.takes_up(pipette);
        let one = self.scatter(p.transfer.volume.value);
        let all = one * f64::from(select.replicates.value.max(select.references.value));
        for well in wells {
            self.add(source, well, drawn.times(-1), all, &p.transfer.volume.span);
        }
        let before_last = level.minus(drawn).plus(p.transfer.volume.value);
        let mix = p.transfer.mix_before.as_ref();
        let mix = mix.and_then(|m| Some((m.times, clamped(m.volume.value, before_last, from, pipette)?)));
        let lowest = before_last.minus(p.transfer.volume.value.max(mix.map_or(Volume::nl(0), |m| m.1)));
        let height = draw_height(lowest, from);
        if lowest >= from.dead_volume && from.height(lowest) < height {
            self.found(source, Problem::Air { lowest, height }, &p.transfer.volume.span);
        }
        let filled = p.fill.volume.value.plus(p.transfer.volume.value);
        let error = self
            .scene
            .pipette(&p.fill.pipette.value)
            .map_or(0.0, |(_, p)| p.random_error.as_share());
        let both = one + scattered(p.fill.volume.value, error);
        self.add(target, Well::new(0, 0), filled, both, &p.fill.volume.span);
        let rows = u64::from(to.rows.max(1));
        let picks = select.most_picks();
        let columns = picks.div_ceil(rows).min(u64::from(to.columns));
        Some(PickNeed {
            picks,
            columns,
            mix,
            height,
        })
    }
}
