//! Things are used as what they are: plates as plates, racks as racks, reservoirs with a liquid.

use super::report::error;
use crate::labware::{Kind, Labware};
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::{Mention, Piece, StepWork};
use crate::source::{Reporter, Spanned};

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    for piece in &scene.source.pieces {
        let Some(labware) = scene.library.get(&piece.labware.value) else {
            continue;
        };
        let held = piece.contents.first().map(|c| &c.liquid.span);
        match labware.kind {
            Kind::TipRack => {
                if let Some(span) = held.or(piece.layout.as_ref().map(|(l, _)| &l.span)) {
                    reporter.add(error(
                        reporter,
                        "labware-kind",
                        span,
                        "a tip rack holds no liquid",
                    ));
                }
                let strange = piece
                    .used
                    .iter()
                    .flat_map(|u| u.value.iter().map(move |w| (w, &u.span)));
                if let Some((well, span)) = strange
                    .into_iter()
                    .find(|(w, _)| !labware.has(**w))
                    .map(|(w, s)| (*w, s))
                {
                    let message = format!("{} has no tip {well}", labware.name);
                    reporter.add(error(reporter, "unknown-well", span, message));
                }
            }
            Kind::Reservoir | Kind::TubeRack => holder(reporter, piece, labware),
            kind @ (Kind::Plate | Kind::AgarPlate | Kind::Waste | Kind::Adapter) => {
                let message = format!(
                    "\"{}\" is {}; pieces are tip racks, reservoirs and tube racks",
                    labware.name,
                    kind.in_words()
                );
                let d = error(reporter, "labware-kind", &piece.labware.span, message);
                let plate = matches!(kind, Kind::Plate | Kind::AgarPlate);
                reporter.add(if plate {
                    d.help("plates stand under [plates]")
                } else {
                    d
                });
            }
        }
        if piece.at.is_empty() {
            let message = format!("`{}` stands nowhere", piece.name.value);
            reporter
                .add(error(reporter, "no-place", &piece.name.span, message).help("name a nest: at = \"…\""));
        }
    }
    for group in &scene.source.groups {
        let Some(labware) = scene.library.get(&group.labware.value) else {
            continue;
        };
        if !matches!(labware.kind, Kind::Plate | Kind::AgarPlate) {
            let message = format!("\"{}\" is {}, not a plate", labware.name, labware.kind.in_words());
            let help = "tip racks, reservoirs and tube racks stand under [pieces]";
            reporter.add(error(reporter, "labware-kind", &group.labware.span, message).help(help));
        }
        if labware.kind == Kind::AgarPlate
            && let Some(liquid) = &group.liquid
        {
            let message = format!(
                "{} is filled with agar; no \"{}\" can be poured into it",
                labware.name, liquid.value
            );
            let d = error(reporter, "labware-kind", &liquid.span, message);
            reporter.add(d.help("leave `liquid` and `volume` out, or use a plate with wells"));
        }
    }
    for step in &scene.source.steps {
        for mentioned in step.mentions() {
            if matches!(mentioned.what, Mention::Piece | Mention::Vessel { .. }) && !replaces(&step.work) {
                liquid(scene, reporter, mentioned.name);
            }
        }
    }
}

/// Tip racks are replaced like reservoirs are filled up.
const fn replaces(work: &StepWork) -> bool {
    matches!(work, StepWork::Operator(_))
}

/// A reservoir or tube rack says what it holds, in wells that it has.
fn holder(reporter: &Reporter, piece: &Piece, labware: &Labware) {
    if let Some(second) = piece.at.get(1) {
        let message = "a reservoir stands on one nest; give the second one a name of its own";
        reporter.add(error(reporter, "labware-kind", &second.span, message));
    }
    for held in piece.contents.iter().filter(|c| !labware.has(c.well)) {
        let message = format!("{} has no well {}", labware.name, held.well);
        reporter.add(error(reporter, "unknown-well", &held.liquid.span, message));
    }
    if let Some(used) = &piece.used {
        let message = "only tips can be gone from a rack; leave `used` out";
        reporter.add(error(reporter, "labware-kind", &used.span, message));
    }
    for held in piece
        .contents
        .iter()
        .filter(|c| labware.kind == Kind::TubeRack && c.volume.is_none())
    {
        let message = format!(
            "tube {} of \"{}\" does not say how much it holds",
            held.well, piece.name.value
        );
        reporter.add(error(reporter, "no-contents", &held.liquid.span, message).help("add `volume`"));
    }
}

fn liquid(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>) {
    let piece = scene.piece(&name.value);
    let labware = piece.and_then(|p| scene.library.get(&p.labware.value));
    if let Some(labware) = labware.filter(|l| !l.kind.holds_liquid()) {
        let message = format!(
            "\"{}\" is {}; liquid is drawn from a reservoir",
            name.value,
            labware.kind.in_words()
        );
        reporter.add(error(reporter, "labware-kind", &name.span, message));
    }
}
