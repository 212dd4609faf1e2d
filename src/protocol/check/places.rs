//! Everything stands somewhere of its own, and the mover reaches what it must.

use super::report::error;
use crate::plan::PlateId;
use crate::protocol::moves::{Walk, What};
use crate::protocol::scene::{PlateInfo, Scene};
use crate::protocol::source::StepWork;
use crate::rig::{NestId, NestKind};
use crate::source::{Reporter, Spanned};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

pub(super) fn check(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    occupied(scene, walk, reporter);
    for piece in &scene.source.pieces {
        for nest in &piece.at {
            let kind = scene.rig.nests.get(nest.value.as_str()).map(|n| &n.kind);
            if kind.is_some_and(|k| *k != NestKind::Deck) {
                let message = format!(
                    "\"{}\" is no deck slot; tip racks and reservoirs stand on the deck",
                    nest.value
                );
                reporter.add(error(reporter, "nest-kind", &nest.span, message));
            }
        }
    }
    for group in &scene.source.groups {
        let plates: Vec<_> = scene
            .plates
            .iter()
            .filter(|(_, p)| p.group.name == group.name)
            .collect();
        let without = |place: fn(&PlateInfo<'_>) -> bool| plates.iter().filter(|(_, p)| place(p)).count();
        let known = |names: &[Spanned<String>]| scene.nests(names.iter().map(|n| n.value.as_str())).len();
        let count = group.count.as_ref().map_or(&group.name.span, |c| &c.span);
        let homeless = without(|p| p.start.is_none());
        if homeless > 0 && known(&group.at) > 0 {
            let message = format!(
                "{} plates do not fit into {} free places",
                plates.len(),
                plates.len().saturating_sub(homeless)
            );
            let d = error(reporter, "too-few-places", count, message).help("name more nests under `at`");
            reporter.add(match group.at.first() {
                Some(at) => d.other(at.span.clone(), "the places"),
                None => d,
            });
        }
        if without(|p| p.rest.is_none()) > 0 && known(&group.rest) > 0 {
            let message = format!(
                "{} plates of \"{}\" find no free place to rest in",
                plates.len(),
                group.name.value
            );
            reporter
                .add(error(reporter, "too-few-places", count, message).help("name more nests under `rest`"));
        }
        for name in group.at.iter().chain(&group.rest) {
            let kind = scene.rig.nests.get(name.value.as_str()).map(|n| &n.kind);
            let passing = name.value == "lids"
                || matches!(
                    kind,
                    Some(
                        NestKind::Waste
                            | NestKind::WashStation
                            | NestKind::SterilisingStation
                            | NestKind::TransferStation
                            | NestKind::ReaderTray
                            | NestKind::Station
                            | NestKind::Lid
                    )
                );
            if passing {
                let message = format!("\"{}\" is no nest where a plate can stay", name.value);
                reporter.add(error(reporter, "nest-kind", &name.span, message));
            }
        }
        let start = plates.first().and_then(|(_, p)| p.start.as_ref());
        if let (Some(place), Some(start)) = (&group.work, start)
            && group.lidded.value
            && place.lid.is_some()
            && start.as_str() == place.at.value
        {
            // Nothing is carried, but the lid is.
            reach(scene, reporter, start, &place.at.span);
        }
        if let (Some(place), Some(start)) = (&group.work, start) {
            let nest = scene.rig.nests.get(place.at.value.as_str());
            if nest.is_some_and(|n| n.kind != NestKind::Deck) {
                let message = format!(
                    "\"{}\" is no deck slot; the liquid handler reaches only the deck",
                    place.at.value
                );
                reporter.add(error(reporter, "nest-kind", &place.at.span, message));
            }
            if start.as_str() != place.at.value {
                away(
                    scene,
                    reporter,
                    start,
                    group.at.first().map_or(&group.name.span, |a| &a.span),
                );
                reach(
                    scene,
                    reporter,
                    &NestId::new(place.at.value.as_str()),
                    &place.at.span,
                );
            }
        }
    }
    for (index, step) in scene.source.steps.iter().enumerate() {
        for name in step.pipetted() {
            worked(scene, reporter, name);
        }
        match &step.work {
            StepWork::Read(r) => {
                for (_, reader) in scene.readers_of(r) {
                    carried(scene, reporter, &r.each, &reader.tray);
                }
                if let Some(i) = &r.incubate
                    && let Some((_, incubator)) = scene.incubator(&i.at.value)
                {
                    reach(scene, reporter, &incubator.transfer, &i.at.span);
                }
            }
            StepWork::Station(s) => {
                if let Some((_, station)) = scene.station(s.at.as_ref(), &s.task) {
                    carried(scene, reporter, &s.each, &station.nest);
                }
            }
            StepWork::Incubate(i) => {
                if let Some((_, incubator)) = scene.incubator(&i.place.at.value) {
                    carried(scene, reporter, &i.each, &incubator.transfer);
                }
                let without = |p: &&PlateId| {
                    let Some((id, _)) = scene.incubator(&i.place.at.value) else {
                        return false;
                    };
                    scene.plates.get(*p).is_some_and(|p| !p.slots.contains_key(id))
                };
                full(
                    scene,
                    reporter,
                    &i.each,
                    &i.place.at,
                    scene.plates_of(&i.each.value).iter().filter(without).count(),
                );
            }
            StepWork::Move(m) => later(scene, reporter, index, &m.each, &m.to, false),
            StepWork::Unlid(u) => later(scene, reporter, index, &u.each, &u.to, true),
            _ => {}
        }
    }
}

/// Nests that a step moves plates or lays lids to.
fn later(
    scene: &Scene<'_>,
    reporter: &Reporter,
    index: usize,
    each: &Spanned<String>,
    to: &[Spanned<String>],
    lids: bool,
) {
    let Some(first) = to.first() else {
        reporter.add(error(
            reporter,
            "no-place",
            &each.span,
            "say where to: to = \"…\"",
        ));
        return;
    };
    let plates = scene.plates_of(&each.value);
    let homeless = plates
        .iter()
        .filter(|p| !scene.later.contains_key(&(index, (*p).clone())))
        .count();
    let known = !scene.nests(to.iter().map(|n| n.value.as_str())).is_empty();
    if known {
        full(scene, reporter, each, first, homeless);
    }
    for plate in plates {
        let Some(nest) = scene.later.get(&(index, plate.clone())) else {
            continue;
        };
        let kind = scene.rig.nests.get(nest).map(|n| &n.kind);
        let wrong = match kind {
            Some(NestKind::Lid) => !lids,
            Some(
                NestKind::Waste
                | NestKind::WashStation
                | NestKind::SterilisingStation
                | NestKind::TransferStation
                | NestKind::ReaderTray
                | NestKind::Station,
            ) => true,
            _ => lids,
        };
        if wrong {
            let what = if lids {
                "no nest for a lid"
            } else {
                "no nest where a plate can stay"
            };
            reporter.add(error(
                reporter,
                "nest-kind",
                &first.span,
                format!("\"{nest}\" is {what}"),
            ));
            return;
        }
        if !matches!(kind, Some(NestKind::IncubatorSlot { .. })) {
            reach(scene, reporter, nest, &first.span);
        }
        if let Some(start) = scene.plates.get(plate).and_then(|p| p.start.as_ref()) {
            away(scene, reporter, start, &each.span);
        }
    }
}

/// More plates than places.
fn full(
    scene: &Scene<'_>,
    reporter: &Reporter,
    each: &Spanned<String>,
    at: &Spanned<String>,
    homeless: usize,
) {
    if homeless > 0 {
        let plates = scene.plates_of(&each.value).len();
        let message = format!(
            "{plates} plates do not fit into {} free places of \"{}\"",
            plates.saturating_sub(homeless),
            at.value
        );
        reporter.add(error(reporter, "too-few-places", &at.span, message));
    }
}

/// Plates are carried from where they are to a machine and back.
fn carried(scene: &Scene<'_>, reporter: &Reporter, each: &Spanned<String>, machine: &NestId) {
    for plate in scene.plates_of(&each.value) {
        let Some(info) = scene.plates.get(plate) else {
            continue;
        };
        let at = info.rest.as_ref().or(info.start.as_ref());
        if let Some(at) = at {
            away(scene, reporter, at, &each.span);
        }
    }
    reach(scene, reporter, machine, &each.span);
}

/// The mover reaches a nest, or the transfer station of the incubator that it is a slot of.
fn away(scene: &Scene<'_>, reporter: &Reporter, nest: &NestId, span: &Range<usize>) {
    match scene.slot_of(nest).and_then(|id| scene.incubator(id.as_str())) {
        Some((_, incubator)) => reach(scene, reporter, &incubator.transfer, span),
        None => reach(scene, reporter, nest, span),
    }
}

/// The mover must reach this nest; one complaint per place in the file.
fn reach(scene: &Scene<'_>, reporter: &Reporter, nest: &NestId, span: &Range<usize>) {
    let Some(found) = scene.rig.nests.get(nest) else {
        return;
    };
    let by_itself = matches!(found.kind, NestKind::IncubatorSlot { .. });
    if found.station.is_none() || by_itself {
        let message = format!("the plate mover does not reach \"{nest}\"");
        let mut reached = scene
            .rig
            .nests
            .iter()
            .filter(|(_, n)| n.station.is_some() && n.kind == found.kind);
        let d = error(reporter, "unreachable", span, message);
        reporter.add(match reached.next() {
            Some((other, _)) => d.help(format!(
                "it reaches \"{other}\"; a nest that it reaches has a `station`"
            )),
            None => d.help("a nest that it reaches has a `station` in the rig file"),
        });
    }
}

/// Plates that are pipetted stand on the deck meanwhile.
fn worked(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>) {
    let Some(group) = scene.group(&name.value).filter(|g| g.work.is_none()) else {
        return;
    };
    for plate in scene.plates_of(&name.value) {
        let moved = scene.source.steps.iter().any(|s| match &s.work {
            StepWork::Move(m) => m.each.value == name.value,
            StepWork::Incubate(i) => i.each.value == name.value,
            _ => false,
        });
        let rests = scene
            .plates
            .get(plate)
            .is_some_and(|p| p.rest.is_some() && p.rest != p.start);
        let start = scene.plates.get(plate).and_then(|p| p.start.as_ref());
        let on_deck = start
            .and_then(|s| scene.rig.nests.get(s))
            .is_none_or(|n| n.kind == NestKind::Deck);
        if !on_deck || moved || rests {
            let message = format!("{plate} is pipetted here, but nothing says where on the deck");
            let d = error(reporter, "no-work-place", &name.span, message);
            let help = format!(
                "add work = {{ at = \"deck-…\", lid = \"lid-…\" }} to [plates.{}]",
                group.name.value
            );
            reporter.add(d.other(group.name.span.clone(), "these plates").help(help));
            return;
        }
    }
}

/// Nests that belong to one thing for the whole run belong to one thing only.
fn occupied(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    let mut owners: BTreeMap<NestId, (String, Range<usize>)> = BTreeMap::new();
    let mut own = |nest: &NestId, who: String, span: &Range<usize>| match owners.get(nest) {
        Some((other, _)) if *other == who => {}
        Some((other, place)) => {
            let message = format!("{who} cannot have \"{nest}\": it belongs to {other}");
            let d = error(reporter, "occupied", span, message);
            let d = if place.is_empty() {
                d
            } else {
                d.other(place.clone(), format!("{other} is put there here"))
            };
            reporter.add(d.help("a nest where something stays belongs to it for the whole run"));
        }
        None => {
            owners.insert(nest.clone(), (who, span.clone()));
        }
    };
    if let Some((nest, _)) = scene.waste() {
        own(nest, "the waste".into(), &(0..0));
    }
    for standing in &scene.standing {
        let at = standing
            .piece
            .at
            .iter()
            .find(|n| n.value == standing.nest.as_str());
        own(
            &standing.nest,
            standing.name.clone(),
            at.map_or(&standing.piece.name.span, |n| &n.span),
        );
    }
    let mut sources = BTreeSet::new();
    for (index, step) in scene.source.steps.iter().enumerate() {
        if let StepWork::Select(s) = &step.work {
            sources.insert(s.source.value.as_str());
        }
        // One plate that others are filled from stays open on the deck meanwhile.
        let Some(lowered) = walk.steps.get(&index) else {
            continue;
        };
        let from: BTreeSet<_> = lowered.visits.iter().filter_map(|v| v.source).collect();
        if lowered.visits.len() > 1
            && from.len() == 1
            && let Some(name) = step.plates().first()
        {
            sources.insert(name.0.value.as_str());
        }
    }
    let span_of = |names: &[Spanned<String>], info: &PlateInfo<'_>| {
        names
            .first()
            .map_or_else(|| info.group.name.span.clone(), |n| n.span.clone())
    };
    for (id, info) in &scene.plates {
        if let Some(nest) = &info.start {
            own(nest, id.to_string(), &span_of(&info.group.at, info));
        }
        if let Some(nest) = &info.rest {
            own(nest, id.to_string(), &span_of(&info.group.rest, info));
        }
        for nest in info.slots.values() {
            own(nest, id.to_string(), &info.group.name.span);
        }
        if let Some(place) = info
            .group
            .work
            .as_ref()
            .filter(|_| sources.contains(info.group.name.value.as_str()))
        {
            // A source stays at its place of work, its lid beside it, while other plates come and go.
            own(
                &NestId::new(place.at.value.as_str()),
                id.to_string(),
                &place.at.span,
            );
            if let Some(lid) = &place.lid {
                own(&NestId::new(lid.value.as_str()), id.to_string(), &lid.span);
            }
        }
    }
    for ((index, plate), nest) in &scene.later {
        let span = scene.source.steps.get(*index).map_or(0..0, |s| s.id.span.clone());
        own(nest, plate.to_string(), &span);
    }
    visited(scene, reporter, &owners, &sources);
    paired(scene, walk, reporter);
}

/// Source and destination of one visit stand side by side, and so do their lids.
fn paired(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    for (index, step) in scene.source.steps.iter().enumerate() {
        let Some(lowered) = walk.steps.get(&index) else {
            continue;
        };
        let place = |v: Option<crate::protocol::moves::VesselId>| -> Option<(PlateId, Vec<NestId>)> {
            let What::Plate(plate) = &walk.vessels.get(v?)?.what else {
                return None;
            };
            let info = scene.plates.get(plate)?;
            let nests = match &info.group.work {
                Some(work) => std::iter::once(&work.at)
                    .chain(work.lid.iter().filter(|_| info.group.lidded.value))
                    .map(|n| NestId::new(n.value.as_str()))
                    .collect(),
                None => info.start.iter().cloned().collect(),
            };
            Some((plate.clone(), nests))
        };
        for visit in &lowered.visits {
            let (Some((source, a)), Some((target, b))) = (place(visit.source), place(visit.target)) else {
                continue;
            };
            if let Some(nest) = a.iter().find(|n| b.contains(n)) {
                let message = format!("{source} and {target} are worked on together, both at \"{nest}\"");
                let help = "give their groups different nests under `work`, for plate and lid";
                reporter.add(error(reporter, "occupied", &step.id.span, message).help(help));
                break;
            }
        }
    }
}

/// Nests that plates pass through belong to nobody else.
fn visited(
    scene: &Scene<'_>,
    reporter: &Reporter,
    owners: &BTreeMap<NestId, (String, Range<usize>)>,
    sources: &BTreeSet<&str>,
) {
    for group in scene
        .source
        .groups
        .iter()
        .filter(|g| !sources.contains(g.name.value.as_str()))
    {
        let Some(place) = &group.work else { continue };
        let ids: Vec<&PlateId> = scene.plates_of(&group.name.value).iter().collect();
        for nest in std::iter::once(&place.at).chain(&place.lid) {
            let Some((owner, span)) = owners.get(nest.value.as_str()) else {
                continue;
            };
            if ids.len() == 1 && ids.iter().any(|id| id.as_str() == owner) {
                continue;
            }
            let message = format!(
                "\"{}\" cannot be worked at \"{}\": it belongs to {owner}",
                group.name.value, nest.value
            );
            let d = error(reporter, "occupied", &nest.span, message);
            reporter.add(if span.is_empty() {
                d
            } else {
                d.other(span.clone(), format!("{owner} is put there here"))
            });
        }
    }
}
