//! Everything that can be done with one tip: several strokes, air gaps, touched walls, blow-outs, spots and picked
//! colonies, by a plan written by hand, through engine, driver and wire; and asked of the simulator's ledger.

use crate::drill::dying;
use crate::faults::{Point, planting, seeds, spread};
use crate::support::{Bench, source};
use hardware_sim::{Entry, Event, Fault};
use plated::labware::{Library, Well};
use plated::plan::{
    Action, Actor, Claim, Height, LoadItem, LoadLiquid, Offset, Operation, OperationId, Origin, Phase, Piece,
    Plan, PlatePlan, Prompt, PromptKind, Resource, Site, Travel, Work,
};
use plated::run::{Ending, FileText, Item, State};
use plated::schedule::schedule;
use plated::source::SourceFile;
use plated::units::{Absorbance, Duration, FlowRate, Length, Speed, Volume};
use std::collections::{BTreeMap, BTreeSet};

/// An omni-tray with 4 mm of agar, as the simulator is told of it.
const AGAR: &str = r#"
[labware]
name = "omnitray-agar"
title = "omni-tray with agar"
kind = "agar_plate"
rows = 1
columns = 1
capacity = "20 mL"
agar = "4 mm"

[geometry]
footprint = ["127.76 mm", "85.48 mm"]
height = "14.5 mm"
first_well = ["63.88 mm", "42.74 mm"]
spacing = ["0 mm", "0 mm"]
well_bottom = "2 mm"
well_depth = "12.5 mm"
shape = "rectangular"
size = ["123 mm", "81 mm"]
bottom = "flat"
"#;

const AGAR_UM: i64 = 4_000;

fn liquid(well: Well, name: &str, strain: Option<&str>, volume: i64) -> LoadLiquid {
    LoadLiquid {
        well,
        liquid: name.into(),
        strain: strain.map(Into::into),
        volume: Volume::nl(volume),
        od: Absorbance(if strain.is_some() { 0.5 } else { 0.0 }),
    }
}

fn plate(labware: &str, nest: &str, (rows, columns): (u8, u8), contents: Vec<LoadLiquid>) -> PlatePlan {
    PlatePlan {
        later: false,
        sealed: false,
        stride: plated::labware::Stride::ONE,
        labware: labware.into(),
        rows,
        columns,
        group: "test".into(),
        number: 1,
        barcode: None,
        start: nest.into(),
        lidded: false,
        contents,
        samples: BTreeMap::new(),
        colonies: Default::default(),
        given_up: Default::default(),
    }
}

fn operation(id: u32, actor: Actor, resources: Vec<Resource>, actions: Vec<Action>) -> Operation {
    let after = (0..id)
        .map(|earlier| plated::plan::After {
            from_start: false,
            to_end: false,
            operation: OperationId(earlier),
            min: Duration::ZERO,
            max: None,
        })
        .collect();
    Operation {
        on_failure: Default::default(),
        when: Vec::new(),
        id: OperationId(id),
        step: "work".into(),
        title: "work".into(),
        origin: Origin { line: 1 },
        plates: Vec::new(),
        after,
        cadence: None,
        phases: vec![Phase {
            actor,
            title: "work".into(),
            step: "work".into(),
            duration: Duration::min(10),
            work: Work::Actions(actions),
        }],
        claims: resources
            .into_iter()
            .map(|resource| Claim {
                resource,
                from: 0,
                to: 0,
            })
            .collect(),
        only_if_hits: None,
        compute: None,
    }
}

pub fn bottom(um: i64) -> Height {
    Height::FromBottom(Length::um(um))
}

pub fn top(um: i64) -> Height {
    Height::FromTop(Length::um(um))
}

/// Actions of one pipette.
pub struct Hand {
    pipette: &'static str,
    flow: FlowRate,
}

pub const MULTI: Hand = Hand {
    pipette: "p300-multi",
    flow: FlowRate::nl_per_s(94_000),
};
const SINGLE: Hand = Hand {
    pipette: "p20-single",
    flow: FlowRate::nl_per_s(7_560),
};

impl Hand {
    pub fn pick_up(&self, at: Site) -> Action {
        Action::PickUpTips {
            pipette: self.pipette.into(),
            at,
        }
    }
    pub fn drop(&self) -> Action {
        Action::DropTips {
            pipette: self.pipette.into(),
            at: Site::new("deck-12".into(), "waste-bin", Well::new(0, 0)),
        }
    }
    pub fn aspirate(&self, at: Site, volume: i64, holding: i64, height: Height, travel: Travel) -> Action {
        Action::Aspirate {
            pipette: self.pipette.into(),
            at,
            volume: Volume::nl(volume),
            holding: Volume::nl(holding),
            flow: self.flow,
            height,
            stay: false,
            travel,
        }
    }
    pub fn dispense(&self, at: Site, volume: i64, holding: i64, height: Height, travel: Travel) -> Action {
        Action::Dispense {
            pipette: self.pipette.into(),
            at,
            volume: Volume::nl(volume),
            holding: Volume::nl(holding),
            flow: self.flow,
            height,
            stay: false,
            travel,
        }
    }
    fn air_gap(&self, at: Site, volume: i64, holding: i64) -> Action {
        Action::AirGap {
            pipette: self.pipette.into(),
            at,
            volume: Volume::nl(volume),
            holding: Volume::nl(holding),
            flow: self.flow,
            height: top(1_000),
        }
    }
    fn touch(&self, at: Site) -> Action {
        Action::TouchTip {
            pipette: self.pipette.into(),
            at,
            height: top(-1_000),
        }
    }
    pub fn blow_out(&self, at: Site) -> Action {
        Action::BlowOut {
            pipette: self.pipette.into(),
            at,
            flow: self.flow,
            height: top(-1_000),
        }
    }
    fn dip(&self, at: Site, height: Height) -> Action {
        Action::Dip {
            pipette: self.pipette.into(),
            at,
            height,
        }
    }
}

pub fn assay(row: u8, column: u8) -> Site {
    Site::new("deck-9".into(), "plate-96-flat", Well::new(row, column))
}

fn culture(row: u8) -> Site {
    Site::new("deck-8".into(), "plate-96-flat", Well::new(row, 0))
}

fn agar(x: i64, y: i64) -> Site {
    Site::new("deck-6".into(), "omnitray-agar", Well::new(0, 0)).off(Offset {
        x: Length::um(x),
        y: Length::um(y),
    })
}

/// Medium to two columns from one aspirate; two wells of one strain to two spots; a colony into a well.
fn work(colony: (i64, i64)) -> Vec<Action> {
    let medium = Site::new("deck-7".into(), "reservoir-1", Well::new(0, 0));
    let tips = |nest: &str, labware: &str, row| Site::new(nest.into(), labware, Well::new(row, 0));
    let slow = Travel {
        submerge: Some(Speed::um_per_s(10_000)),
        retract: Some(Speed::um_per_s(5_000)),
    };
    let plain = Travel::default();
    vec![
        Action::Home,
        MULTI.pick_up(tips("deck-1", "tiprack-300", 0)),
        MULTI.aspirate(medium.clone(), 200_000, 0, bottom(1_000), slow),
        MULTI.air_gap(medium.clone(), 20_000, 200_000),
        MULTI.dispense(assay(0, 0), 120_000, 220_000, top(-1_000), plain),
        MULTI.touch(assay(0, 0)),
        MULTI.dispense(assay(0, 1), 100_000, 100_000, bottom(1_000), slow),
        MULTI.blow_out(assay(0, 1)),
        // After a blow-out the plunger comes back to the bottom first.
        MULTI.aspirate(medium, 50_000, 0, bottom(1_000), plain),
        MULTI.dispense(assay(0, 0), 50_000, 50_000, top(-1_000), plain),
        MULTI.drop(),
        SINGLE.pick_up(tips("deck-2", "tiprack-20", 0)),
        SINGLE.aspirate(culture(0), 5_000, 0, bottom(1_000), slow),
        SINGLE.aspirate(culture(1), 5_000, 5_000, bottom(1_000), plain),
        SINGLE.air_gap(culture(1), 2_000, 10_000),
        SINGLE.dispense(agar(20_000, 5_000), 7_000, 12_000, bottom(AGAR_UM + 500), plain),
        SINGLE.dispense(agar(30_000, 5_000), 5_000, 5_000, bottom(AGAR_UM + 500), plain),
        SINGLE.drop(),
        SINGLE.pick_up(tips("deck-2", "tiprack-20", 1)),
        SINGLE.dip(agar(colony.0, colony.1), bottom(AGAR_UM - 300)),
        SINGLE.dip(assay(0, 0), bottom(1_000)),
        SINGLE.drop(),
        Action::Park,
    ]
}

fn plan(actions: Vec<Action>) -> Plan {
    let cultures = vec![
        liquid(Well::new(0, 0), "culture", Some("S01"), 200_000),
        liquid(Well::new(1, 0), "culture", Some("S01"), 200_000),
    ];
    let medium = vec![liquid(Well::new(0, 0), "medium", None, 105_000_000)];
    let plates: BTreeMap<_, _> = [
        ("assay", plate("plate-96-flat", "deck-9", (8, 12), Vec::new())),
        ("cultures", plate("plate-96-flat", "deck-8", (8, 12), cultures)),
        ("picks", plate("omnitray-agar", "deck-6", (1, 1), Vec::new())),
    ]
    .into_iter()
    .map(|(name, plate)| (name.into(), plate))
    .collect();
    let pieces: BTreeMap<String, Piece> = [
        ("tips-300", "tiprack-300", "deck-1", Vec::new()),
        ("tips-20", "tiprack-20", "deck-2", Vec::new()),
        ("medium", "reservoir-1", "deck-7", medium),
    ]
    .into_iter()
    .map(|(name, labware, nest, contents)| {
        let piece = Piece {
            stride: if labware.starts_with("reservoir") {
                plated::labware::Stride::NONE
            } else {
                plated::labware::Stride::ONE
            },
            used: Vec::new(),
            labware: labware.into(),
            nest: nest.into(),
            contents,
        };
        (name.to_owned(), piece)
    })
    .collect();
    let loads = plates.iter().map(
        |(id, plate): (&plated::plan::PlateId, &PlatePlan)| LoadItem::Plate {
            plate: id.clone(),
            labware: plate.labware.clone(),
            nest: plate.start.clone(),
            barcode: None,
            sealed: false,
            lidded: false,
            contents: plate.contents.clone(),
        },
    );
    let pieces_in = pieces.iter().map(|(name, piece)| LoadItem::Piece {
        name: name.clone(),
        labware: piece.labware.clone(),
        nest: piece.nest.clone(),
        used: Vec::new(),
        replace: false,
        contents: piece.contents.clone(),
    });
    let load = Action::Ask(Prompt {
        kind: PromptKind::Load,
        text: "Load the deck.".into(),
        items: pieces_in.chain(loads).collect(),
        ..Prompt::default()
    });
    let handler = Actor::Instrument("handler".into());
    let claims = vec![
        Resource::Instrument("handler".into()),
        Resource::Zone("deck".into()),
    ];
    let mut operations = vec![operation(
        0,
        Actor::Operator,
        vec![Resource::Operator],
        vec![load],
    )];
    if !actions.is_empty() {
        operations.push(operation(1, handler, claims, actions));
    }
    Plan {
        corrections: Vec::new(),
        wastes: Vec::new(),
        commissioning: None,
        promises: Vec::new(),
        protocol: "pipetting".into(),
        title: "pipetting".into(),
        parameters: BTreeMap::new(),
        plates,
        pieces,
        operations,
    }
}

/// The demonstration rig with an agar plate on which colonies grow.
pub fn bench(actions: Vec<Action>) -> Bench {
    let mut source = source("drill", &[], 11);
    source
        .rig
        .text
        .push_str("\n[simulation.colonies.picks]\ncount = 5\n");
    let mut bench = Bench::new(source);
    bench.source.labware.push(FileText {
        name: "omnitray-agar.toml".into(),
        text: AGAR.into(),
    });
    let (library, found) = Library::load(&[SourceFile {
        name: "omnitray-agar.toml".into(),
        text: AGAR.into(),
    }]);
    assert_eq!(found, []);
    bench.library = library;
    bench.plan = plan(actions);
    bench.schedule = schedule(&bench.plan).unwrap();
    bench.simulation = plated::simulate::Simulation::new(&bench.source, None).unwrap();
    bench
}

/// Where the first colony is, relative to the middle of its plate.
fn colony() -> (i64, i64) {
    let bench = bench(Vec::new());
    assert_eq!(bench.run(Vec::new()).0, Ending::Completed);
    let ledger = bench.simulation.sim().ledger();
    let colonies = ledger.iter().filter_map(|entry| match &entry.event {
        Event::Colony { x_um, y_um, .. } => Some((*x_um, *y_um)),
        _ => None,
    });
    let found: Vec<_> = colonies.collect();
    assert_eq!(found.len(), 5);
    found[0]
}

/// What the handler did, in order, without the times. A wall may be touched again after a doubt, so touches that follow
/// each other count once.
fn deeds(ledger: &[Entry]) -> Vec<String> {
    let mut deeds = Vec::new();
    let mut touches = BTreeSet::new();
    for entry in ledger {
        let mut event = entry.event.clone();
        // What a well lost into the air meanwhile is a question of time.
        if let Event::Dip { plate, depth_um, .. } = &mut event
            && plate == "assay"
        {
            *depth_um = 0;
        }
        // From where it blew out the plunger goes back to the bottom with the tips raised, over this or over that.
        if let Event::Stroke {
            from_um: -19_000 | -14_200,
            to_um: -14_200 | -14_500,
            place,
            labware,
            plate,
            well,
            immersed: false,
            ..
        } = &mut event
        {
            (*place, *labware, *plate, *well) = (None, None, None, None);
        }
        let text = serde_json::to_string(&event).unwrap();
        match &entry.event {
            Event::Touch { .. } => {
                touches.insert(text);
            }
            Event::Stroke { .. }
            | Event::TipPickUp { .. }
            | Event::TipDrop { .. }
            | Event::AirGap { .. }
            | Event::BlowOut { .. }
            | Event::Dip { .. }
            | Event::Spot { .. } => {
                deeds.extend(std::mem::take(&mut touches));
                deeds.push(text);
            }
            _ => {}
        }
    }
    deeds
}

/// Every well holds by strokes what the run believes, to 10 nL per P300 stroke and 1 nL per P20 stroke.
fn agree(bench: &Bench, state: &State) {
    let truth = bench.simulation.sim().truth();
    let mut compared = 0;
    for ((item, well), volume) in &state.belief.volumes {
        let name = match item {
            Item::Plate(plate) => plate.to_string(),
            Item::Piece(name) => bench.plan.pieces[name].nest.to_string(),
        };
        let plate = truth
            .plates
            .get(&name)
            .or_else(|| truth.plates.get("medium"))
            .unwrap();
        let spots: f64 = plate.spots.iter().map(|spot| spot.volume_nl).sum();
        let wells = plate.wells.get(&well.to_string()).map_or(0.0, |well| well.net_nl);
        let off = (wells + spots - volume.get() as f64).abs();
        let allowed = if name == "deck-7" { 300.0 } else { 40.0 };
        assert!(
            off <= allowed,
            "{name} {well}: {volume} believed, {} true",
            wells + spots
        );
        compared += 1;
    }
    assert_eq!(
        compared,
        16 + 2 + 1 + 1,
        "two columns, two cultures, agar, medium"
    );
}

#[test]
fn a_plan_with_all_of_it_is_physically_what_it_says() {
    let bench = bench(work(colony()));
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    agree(&bench, &state);
    let ledger = bench.simulation.sim().ledger();
    let truth = bench.simulation.sim().truth();
    let count = |is: fn(&Event) -> bool| ledger.iter().filter(|entry| is(&entry.event)).count();
    assert_eq!(count(|e| matches!(e, Event::AirGap { .. })), 2);
    assert_eq!(count(|e| matches!(e, Event::BlowOut { to_um: -19_000, .. })), 1);
    assert_eq!(
        count(|e| matches!(e, Event::Touch { tips, .. } if tips.len() == 8)),
        4
    );
    let spots: Vec<_> = ledger
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Spot { x_um, y_um, .. } => Some((*x_um, *y_um)),
            _ => None,
        })
        .collect();
    assert_eq!(spots, [(20_000, 5_000), (30_000, 5_000)]);
    // The last culture drawn is the first on the agar, behind the air.
    let on_agar = &truth.plates["picks"].spots[5..];
    for spot in on_agar {
        assert!((spot.volume_nl - 5_000.0).abs() < 5.0, "{spot:?}");
        assert!(spot.cells["S01"] > 0.0);
    }
    // The colony is in the well, and nowhere else.
    let with_cells: Vec<_> = truth.plates["assay"]
        .wells
        .iter()
        .filter(|(_, well)| !well.cells.is_empty())
        .map(|(name, well)| (name.as_str(), well.cells.keys().next().unwrap().as_str()))
        .collect();
    assert_eq!(with_cells, [("A1", "picks-1")]);
}

#[test]
fn a_host_that_dies_at_any_durable_write_leaves_the_same_truth() {
    let colony = colony();
    let whole = bench(work(colony));
    let (_, undisturbed) = whole.run(Vec::new());
    let expected = deeds(&whole.simulation.sim().ledger());
    assert!(expected.len() > 40, "{expected:#?}");
    let records = plated::journal::verify(&whole.disk.bytes()).sequence;
    for writes in 0..records {
        let (dead, state) = dying(bench(work(colony)), writes);
        dead.assert_sound();
        let found = deeds(&dead.simulation.sim().ledger());
        let different = expected.iter().zip(&found).find(|(a, b)| a != b);
        assert!(
            found == expected,
            "after a crash at write {writes}: {different:#?}"
        );
        assert_eq!(
            state.belief.volumes, undisturbed.belief.volumes,
            "crash at write {writes}"
        );
        agree(&dead, &state);
    }
}

#[test]
fn whatever_the_line_does_each_thing_is_done_once() {
    let colony = colony();
    let whole = bench(work(colony));
    let (_, undisturbed) = whole.run(Vec::new());
    let expected = deeds(&whole.simulation.sim().ledger());
    let actions = work(colony).len() as u64;
    let mut failures = 0;
    for seed in 1..=seeds() {
        let requests = 1 + (spread(seed, 2) % 3) as u32;
        let by_ms = [400, 2_600, 9_000][(spread(seed, 3) % 3) as usize];
        let point = Point {
            instrument: "handler",
            action: 1 + (spread(seed, 1) % actions) as u32,
            after: (spread(seed, 4) % 3) as u32,
            fault: [
                Fault::Mute { requests },
                Fault::Deaf { requests },
                Fault::Late { requests, by_ms },
                Fault::Garbled { requests },
            ][(seed % 4) as usize],
        };
        let disturbed = bench(work(colony));
        let observer = planting(disturbed.simulation.sim().clone(), vec![point]);
        let (ending, state) = disturbed.retried(vec![observer]);
        assert_eq!(ending, Ending::Completed, "seed {seed}, {point:?}");
        disturbed.assert_sound();
        let found = deeds(&disturbed.simulation.sim().ledger());
        let different = expected.iter().zip(&found).find(|(a, b)| a != b);
        assert!(found == expected, "seed {seed}, {point:?}: {different:#?}");
        assert_eq!(state.belief.volumes, undisturbed.belief.volumes, "seed {seed}");
        failures += state.failures.len();
    }
    assert!(failures > 0, "no fault was felt");
}

#[test]
fn a_tip_that_goes_back_to_its_source_is_caught_by_name() {
    let mut actions = work((0, 0));
    actions.truncate(11);
    // The second column is wetted with medium only; touch a culture on the way instead.
    actions.remove(7);
    actions.remove(6);
    actions.insert(
        6,
        MULTI.dispense(culture(0), 100_000, 100_000, bottom(1_000), Travel::default()),
    );
    let bench = bench(actions);
    bench.run(Vec::new());
    let hazards = bench.simulation.sim().truth().hazards();
    assert!(
        hazards.contains_key(&hardware_sim::Hazard::Contamination),
        "{hazards:?}"
    );
    assert_eq!(
        hazards.keys().map(|h| h.id()).collect::<Vec<_>>(),
        ["contamination"]
    );
}
