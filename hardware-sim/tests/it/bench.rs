//! A test bench: the demonstration rig's texts, hosts that speak each instrument's bytes, and the geometry
//! that a calibrated host would use.

use hardware_sim::{DirectLink, Sim, SimClock, Texts, Truth};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

pub const START_US: u64 = 1_760_000_000_000_000;

pub fn config() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../config")
}

pub fn texts() -> Texts {
    let base = config();
    let read = |path: PathBuf| fs::read_to_string(path).unwrap();
    let profiles = ["profiles/absorbance-reader.toml", "profiles/plate-mover.toml"]
        .map(|path| (path.to_owned(), read(base.join(path))))
        .into();
    let labware = fs::read_dir(base.join("labware"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), read(path)))
        .collect::<BTreeMap<_, _>>();
    Texts {
        rig: read(base.join("demo-rig.toml")),
        profiles,
        labware,
    }
}

pub fn sim(seed: u64) -> Sim {
    Sim::new(&texts(), seed, SimClock::virtual_time(START_US)).unwrap()
}

/// Runs a test on a `LocalSet`, as the simulator wants it.
pub async fn on_bench<F: Future>(test: F) -> F::Output {
    tokio::task::LocalSet::new().run_until(test).await
}

/// Reads until nothing came for a while; waits long for the first byte.
pub async fn hear<S: AsyncRead + Unpin>(stream: &mut S, first: Duration) -> Vec<u8> {
    let mut out = Vec::new();
    let mut buffer = [0; 4096];
    let mut patience = first;
    while let Ok(Ok(count)) = timeout(patience, stream.read(&mut buffer)).await {
        if count == 0 {
            break;
        }
        out.extend_from_slice(&buffer[..count]);
        patience = Duration::from_millis(100);
    }
    out
}

pub async fn ask<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, request: &[u8]) -> Vec<u8> {
    stream.write_all(request).await.unwrap();
    hear(stream, Duration::from_secs(400)).await
}

/// A host of the motor board that knows the true deck.
pub struct Handler {
    pub link: DirectLink,
}

pub const TIP_300: f64 = 59.3 - 7.47;
pub const TIP_20: f64 = 39.2 - 8.25;
const DECK: [f64; 3] = [1.3, -0.8, 0.5];

/// Left front corner of a deck slot.
fn slot(number: usize) -> (f64, f64) {
    let index = number - 1;
    ((index % 3) as f64 * 132.5, (index / 3) as f64 * 90.5)
}

/// Centre of a 96-position labware's well in a slot, on the true deck.
pub fn well_96(number: usize, row: usize, column: usize) -> (f64, f64) {
    let (x, y) = slot(number);
    (
        x + 14.38 + 9.0 * column as f64 + DECK[0],
        y + 74.24 - 9.0 * row as f64 + DECK[1],
    )
}

impl Handler {
    pub fn new(sim: &Sim) -> Self {
        Self {
            link: sim.connect("handler").unwrap(),
        }
    }

    /// A command with its two line ends: all that the board says.
    pub async fn say(&mut self, command: &str) -> String {
        let line = format!("{command} \r\n\r\n");
        String::from_utf8(ask(&mut self.link, line.as_bytes()).await).unwrap()
    }

    /// A command that must succeed, awaited to its end.
    pub async fn run(&mut self, command: &str) {
        for command in [command, "M400"] {
            let answer = self.say(command).await;
            assert!(
                answer.starts_with("ok") || answer.contains("updated"),
                "{command}: {answer}"
            );
        }
    }

    pub async fn home(&mut self) {
        self.run("M365.1 B60 C60").await;
        self.run("G28.2 Z A B C").await;
        self.run("G28.2 X").await;
        self.run("G28.2 Y").await;
    }

    /// Left pipette's channel 1 to a point at travel height.
    pub async fn left_over(&mut self, (x, y): (f64, f64)) {
        self.run("G0 Z170").await;
        self.run(&format!("G0 X{:.3} Y{:.3}", x + 34.0, y - 31.5)).await;
    }

    pub async fn right_over(&mut self, (x, y): (f64, f64)) {
        self.run("G0 A170").await;
        self.run(&format!("G0 X{x:.3} Y{y:.3}")).await;
    }

    /// Picks a column of 300 µL tips in a slot up with the multi.
    pub async fn pick_up_left(&mut self, number: usize, column: usize) {
        self.run("G0 B-14.5").await;
        self.left_over(well_96(number, 0, column)).await;
        self.run(&format!("G0 Z{:.3}", 64.49 + DECK[2] - 7.47)).await;
        self.run("G0 Z170").await;
    }

    pub async fn pick_up_right(&mut self, number: usize, row: usize, column: usize) {
        self.run("G0 C-8.5").await;
        self.right_over(well_96(number, row, column)).await;
        self.run(&format!("G0 A{:.3}", 64.69 + DECK[2] - 8.25)).await;
        self.run("G0 A170").await;
    }

    /// Lowers the left tips' ends to a height over the true nest.
    pub async fn left_down(&mut self, height: f64) {
        self.run(&format!("G0 Z{:.3}", height + DECK[2] + TIP_300)).await;
    }

    pub async fn right_down(&mut self, height: f64) {
        self.run(&format!("G0 A{:.3}", height + DECK[2] + TIP_20)).await;
    }

    /// Moves the left plunger so that this volume in µL is held, by the law of the p300's table.
    pub async fn left_plunger(&mut self, row: [f64; 2], volume: f64) -> f64 {
        let position = -14.5 + volume / (row[0] * volume + row[1]);
        let position = (position * 1000.0).round() / 1000.0;
        self.run(&format!("G0 B{position:.3}")).await;
        position
    }

    pub async fn drop_left(&mut self) {
        self.left_over((265.0 + 82.84 + DECK[0], 271.5 + 80.0 + 31.5 + DECK[1]))
            .await;
        self.run("G0 B-33.4").await;
        self.run("G0 B-14.5").await;
    }

    pub async fn park(&mut self) {
        self.run("G0 Z218 A218").await;
        self.run("G0 X380 Y340").await;
    }
}

/// Sends a prompt to the operator and awaits the answer.
pub async fn prompt(sim: &Sim, request: Value) -> Value {
    let mut link = sim.operator();
    prompt_on(&mut link, request).await
}

pub async fn prompt_on<S: AsyncRead + AsyncWrite + Unpin>(link: &mut S, request: Value) -> Value {
    let answer = ask(link, format!("{request}\n").as_bytes()).await;
    serde_json::from_slice(&answer).unwrap()
}

pub async fn load(sim: &Sim, id: u64, items: Value) {
    let answer = prompt(
        sim,
        json!({"id": id, "kind": "load", "text": "load the deck", "items": items}),
    )
    .await;
    assert_eq!(answer, json!({"id": id, "answer": "done"}));
}

/// Rack in 1, reservoir in 7, empty plate in 8, source with its first column filled in 9.
pub async fn load_deck(sim: &Sim) {
    let source: Vec<Value> = "ABCDEFGH"
        .chars()
        .enumerate()
        .map(|(row, letter)| json!({"well": format!("{letter}1"), "liquid": "culture", "strain": format!("S{row:02}"), "volume_nl": 200_000, "od": 0.5}))
        .collect();
    load(
        sim,
        1,
        json!([
            {"place": "deck-1", "labware": "tiprack-300", "name": "tips-1"},
            {"place": "deck-2", "labware": "tiprack-20", "name": "tips-20"},
            {"place": "deck-7", "labware": "reservoir-1", "name": "medium",
             "contents": [{"well": "A1", "liquid": "medium", "strain": null, "volume_nl": 105_000_000}]},
            {"place": "deck-8", "labware": "plate-96-flat", "plate": "assay", "barcode": "AS1", "lid": false},
            {"place": "deck-9", "labware": "plate-96-flat", "plate": "source", "barcode": "SRC1", "lid": false, "contents": source},
        ]),
    )
    .await;
}

pub fn complaints(truth: &Truth) -> Vec<String> {
    truth
        .violations
        .iter()
        .map(|violation| violation.text.clone())
        .collect()
}
