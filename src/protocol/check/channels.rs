//! Channels fit the wells: a pipette reaches the wells of a step with all its channels, and only them.

use super::report::error;
use crate::labware::{Labware, Well};
use crate::protocol::moves::{Walk, heads};
use crate::protocol::scene::Scene;
use crate::protocol::source::liquid::{Handling, Wells, Which};
use crate::protocol::source::{Spanned, StepWork};
use crate::rig::Pipette;
use crate::source::Reporter;

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    for step in &scene.source.steps {
        let judge = Judge { scene, reporter };
        match &step.work {
            StepWork::Distribute(d) => {
                judge.wells(&d.handling.pipette, &d.to.value, &d.wells);
                judge.spot(&d.handling.pipette, &d.from.name, d.from.well.as_ref());
            }
            StepWork::Transfer(t) => match &t.which {
                Which::Same { wells, .. } => {
                    judge.wells(&t.handling.pipette, &t.from.value, wells);
                    judge.wells(&t.handling.pipette, &t.to.value, &Wells::All);
                }
                Which::Listed(_) => judge.one(&t.handling, "a list goes from single wells to single wells"),
            },
            StepWork::Consolidate(c) => {
                judge.wells(&c.handling.pipette, &c.from.value, &c.wells);
                judge.spot(&c.handling.pipette, &c.to.name, c.to.well.as_ref());
            }
            StepWork::Stamp(s) => {
                judge.wells(&s.handling.pipette, &s.from.value, &Wells::All);
                judge.wells(&s.handling.pipette, &s.to.value, &Wells::All);
            }
            StepWork::Dilute(d) => {
                judge.wells(&d.handling.pipette, &d.each.value, &Wells::All);
                if let Some(discard) = &d.discard {
                    judge.spot(&d.handling.pipette, &discard.name, discard.well.as_ref());
                }
            }
            StepWork::Mix(m) => judge.wells(&m.handling.pipette, &m.each.value, &m.wells),
            StepWork::Spot(s) => judge.wells(&s.handling.pipette, &s.from.value, &s.wells),
            StepWork::PickColonies(p) => judge.one(&p.handling, "colonies are picked one by one"),
            StepWork::Pipette(p) => {
                for motion in &p.moves {
                    let Some(target) = motion.value.target() else {
                        continue;
                    };
                    let name = target.piece.as_ref().unwrap_or(&p.each);
                    judge.spot(&p.pipette, name, Some(&target.well));
                }
            }
            _ => {}
        }
    }
}

struct Judge<'s, 'a> {
    scene: &'s Scene<'a>,
    reporter: &'s Reporter,
}

impl<'a> Judge<'_, 'a> {
    fn pair(&self, pipette: &Spanned<String>, name: &str) -> Option<(&'a Pipette, &'a Labware)> {
        let (_, found) = self.scene.pipette(&pipette.value)?;
        let labware = self.scene.labware_of(name)?;
        labware.kind.holds_liquid().then_some((found, labware))
    }

    /// The channels cover the wells of a whole plate, or those that are named.
    fn wells(&self, pipette: &Spanned<String>, name: &str, wells: &Wells) {
        let Some((found, labware)) = self.pair(pipette, name) else {
            return;
        };
        if labware.heads(found.channels).is_empty() {
            let message = format!(
                "the {} channels of {} do not fit the wells of {} ({} rows, {} apart)",
                found.channels, pipette.value, labware.name, labware.rows, labware.geometry.spacing.1
            );
            let d = error(self.reporter, "channels", &pipette.span, message);
            self.reporter
                .add(d.help("a pipette with one channel reaches every well"));
            return;
        }
        let Wells::Wells(named) = wells else { return };
        if found.channels == 1 {
            return;
        }
        let reached: Vec<Well> = heads(labware, found.channels, wells)
            .into_iter()
            .filter_map(|h| labware.reached(found.channels, h))
            .flatten()
            .collect();
        if let Some(well) = named
            .value
            .iter()
            .find(|w| labware.has(**w) && !reached.contains(w))
        {
            let message = format!(
                "{} reaches {} wells at once; {well} is named without its neighbours",
                pipette.value, found.channels
            );
            let d = error(self.reporter, "channels", &named.span, message);
            self.reporter
                .add(d.help("name whole columns, or use a pipette with one channel"));
        }
    }

    /// The channels fit at one well.
    fn spot(&self, pipette: &Spanned<String>, name: &Spanned<String>, well: Option<&Spanned<Well>>) {
        let Some((found, labware)) = self.pair(pipette, &name.value) else {
            return;
        };
        let at = well.map_or(Well::new(0, 0), |w| w.value);
        let span = well.map_or(&name.span, |w| &w.span);
        if !labware.has(at) {
            let message = format!("{} has no well {at}", labware.name);
            self.reporter
                .add(error(self.reporter, "unknown-well", span, message));
        } else if labware.reached(found.channels, at).is_none() {
            let message = format!(
                "the {} channels of {} do not fit at {at} of {}",
                found.channels, pipette.value, labware.name
            );
            self.reporter.add(error(self.reporter, "channels", span, message));
        }
    }

    fn one(&self, handling: &Handling, why: &str) {
        if let Some((_, found)) = self
            .scene
            .pipette(&handling.pipette.value)
            .filter(|(_, p)| p.channels != 1)
        {
            let message = format!(
                "{} has {} channels; 1 is needed here: {why}",
                handling.pipette.value, found.channels
            );
            self.reporter
                .add(error(self.reporter, "channels", &handling.pipette.span, message));
        }
    }
}
