//! Everything stands somewhere of its own, and the mover reaches what it must.

use super::report::error;
use crate::plan::PlateId;
use crate::protocol::moves::Walk;
use crate::protocol::scene::{PlateInfo, Scene};
use crate::protocol::source::StepWork;
use crate::rig::{NestId, NestKind};
use crate::source::{Reporter, Spanned};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

pub(super) fn check(scene: &Scene<'_>, _: &Walk, reporter: &Reporter) {
    occupied(scene, reporter);
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
        let start = plates.first().and_then(|(_, p)| p.start.as_ref());
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
                reach(
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
    stored(scene, reporter);
    for step in &scene.source.steps {
        match &step.work {
            StepWork::Distribute(d) => worked(scene, reporter, &d.to),
            StepWork::Transfer(t) => {
                worked(scene, reporter, &t.from);
                worked(scene, reporter, &t.to);
            }
            StepWork::Read(r) => {
                let group = scene.group(&r.each.value);
                let place = group.and_then(|g| g.work.as_ref());
                let start = scene
                    .plates_of(&r.each.value)
                    .first()
                    .and_then(|p| scene.plates.get(p)?.start.clone());
                match (place, start) {
                    (Some(place), _) => reach(
                        scene,
                        reporter,
                        &NestId::new(place.at.value.as_str()),
                        &place.at.span,
                    ),
                    (None, Some(start)) => reach(scene, reporter, &start, &r.each.span),
                    (None, None) => {}
                }
                if let Some((_, reader)) = scene.reader() {
                    reach(scene, reporter, &reader.tray, &r.each.span);
                }
                if let Some(i) = &r.incubate
                    && let Some((_, incubator)) = scene.incubator(&i.at.value)
                {
                    reach(scene, reporter, &incubator.transfer, &i.at.span);
                }
            }
            _ => {}
        }
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
        let start = scene.plates.get(plate).and_then(|p| p.start.as_ref());
        let on_deck = start
            .and_then(|s| scene.rig.nests.get(s))
            .is_none_or(|n| n.kind == NestKind::Deck);
        if !on_deck {
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

/// Plates that have gone into an incubator are read from there, but not pipetted again.
fn stored(scene: &Scene<'_>, reporter: &Reporter) {
    let mut inside: BTreeMap<&str, &str> = BTreeMap::new();
    let rests = |group: &str| {
        let nest = scene
            .plates_of(group)
            .first()
            .and_then(|p| scene.plates.get(p)?.rest.as_ref());
        nest.is_some_and(|n| scene.slot_of(n).is_some())
    };
    for step in &scene.source.steps {
        let target =
            |p: &crate::protocol::source::Pick| match scene.step(&p.select.value).map(|(_, s)| &s.work) {
                Some(StepWork::Select(s)) => vec![&s.source, &s.target],
                _ => Vec::new(),
            };
        let (pipetted, goes_in) = match &step.work {
            StepWork::Distribute(d) => (vec![&d.to], None),
            StepWork::Transfer(t) => (vec![&t.from, &t.to], Some(&t.to)),
            StepWork::Pick(p) => (target(p), target(p).pop()),
            StepWork::Read(r) => (Vec::new(), Some(&r.each)),
            _ => continue,
        };
        for group in pipetted {
            if let Some(earlier) = inside.get(group.value.as_str()) {
                let message = format!(
                    "\"{}\" went into the incubator with step \"{earlier}\"",
                    group.value
                );
                let help = "plates in an incubator are read, not pipetted again; do all pipetting before";
                reporter.add(error(reporter, "stored", &step.id.span, message).help(help));
            }
        }
        if let Some(group) = goes_in.filter(|g| rests(&g.value)) {
            inside.insert(&group.value, &step.id.value);
        }
    }
}

/// Nests that belong to one thing for the whole run belong to one thing only.
fn occupied(scene: &Scene<'_>, reporter: &Reporter) {
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
    for step in &scene.source.steps {
        match &step.work {
            StepWork::Transfer(t) => sources.insert(t.from.value.as_str()),
            StepWork::Select(s) => sources.insert(s.source.value.as_str()),
            _ => false,
        };
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
    visited(scene, reporter, &owners, &sources);
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
