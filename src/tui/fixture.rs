//! A run in the middle, for the tests.

use crate::api::{
    InstrumentView, LogLevel, LogLine, MapKind, MapView, OperationView, PlateView, PromptView, RunState,
    Snapshot,
};
use crate::units::{Duration, Timestamp};

fn at(minutes: u64) -> Timestamp {
    Timestamp::from_us(1_767_261_600_000_000).plus(Duration::min(minutes))
}

fn operation(title: &str, actor: &str, start: u64) -> OperationView {
    OperationView {
        title: title.to_owned(),
        actor: actor.to_owned(),
        start: at(start),
        end: at(start + 2),
    }
}

pub fn map(kind: MapKind, plate: &str, rows: u8, columns: u8) -> MapView {
    let wells = u32::from(rows) * u32::from(columns);
    MapView {
        kind,
        plate: plate.to_owned(),
        at: at(303),
        rows,
        columns,
        values: (0..wells)
            .map(|i| (i != 5).then(|| 0.1 + f64::from(i) * 0.004))
            .collect(),
    }
}

pub fn prompt(id: u64) -> PromptView {
    PromptView {
        id,
        text: "Put tips into the deck, then confirm.".to_owned(),
        items: vec![
            "300 uL tips into deck-4".to_owned(),
            "20 uL tips into deck-9".to_owned(),
        ],
        choices: vec!["done".to_owned(), "abort the run".to_owned()],
    }
}

pub fn snapshot() -> Snapshot {
    let instrument = |id: &str, title: &str, state: &str, link_ok| InstrumentView {
        id: id.to_owned(),
        title: title.to_owned(),
        state: state.to_owned(),
        link_ok,
    };
    let plate = |n: u32, place: &str| PlateView {
        id: format!("assay-{n}"),
        barcode: Some(format!("P{n:04}")),
        place: place.to_owned(),
        lidded: Some(n != 2),
    };
    let line = |minutes, level, text: &str| LogLine {
        at: at(minutes),
        level,
        text: text.to_owned(),
    };
    Snapshot {
        run: "growth-screen-7".to_owned(),
        protocol: "Growth screen of 80 strains".to_owned(),
        commissioning: None,
        state: RunState::Running,
        reason: None,
        simulated: true,
        now: at(304),
        started: at(0),
        predicted_end: Some(at(1020)),
        operations_done: 61,
        operations_total: 143,
        instruments: vec![
            instrument("handler", "OT-2 liquid handler", "parked", true),
            instrument("reader", "Absorbance reader", "reads assay-1 at 600 nm", true),
            instrument(
                "incubator",
                "Cytomat incubator",
                "shakes at 400 rpm, 30.0 °C",
                true,
            ),
            instrument("mover", "Plate mover", "timeout", false),
        ],
        inputs: Vec::new(),
        plates: vec![
            plate(1, "reader-tray"),
            plate(2, "deck-10"),
            plate(3, "incubator-3"),
            plate(4, "incubator-4"),
            PlateView {
                id: "source".to_owned(),
                barcode: None,
                place: "cold-1".to_owned(),
                lidded: Some(true),
            },
        ],
        current: vec![operation("read assay-1, cycle 10", "reader", 303)],
        ticking: Vec::new(),
        next: (1..=12_u32)
            .map(|n| {
                operation(
                    &format!("read assay-{}, cycle {}", n % 4 + 1, 10 + n / 4),
                    "mover",
                    303 + u64::from(n) * 3,
                )
            })
            .collect(),
        maps: vec![
            map(MapKind::Absorbance, "assay-1", 8, 12),
            map(MapKind::Absorbance, "assay-2", 8, 12),
            map(MapKind::GrowthRate, "assay-1", 8, 12),
        ],
        prompts: Vec::new(),
        log: vec![
            line(290, LogLevel::Info, "assay-4 read in time"),
            line(300, LogLevel::Warning, "assay-2 was read 95 s late"),
            line(303, LogLevel::Error, "mover does not answer; asking again"),
        ],
        interrupted: Vec::new(),
    }
}
