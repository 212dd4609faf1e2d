//! Serves the instruments of a rig file on pseudo-terminals and sockets until it is killed.
//!
//! usage: serve RIG LINKS FACTOR [PLATE=NEST …]
//! Profiles are read beside the rig file, labware from the folder that it names. Links to the terminals, and one file
//! `addresses.json` when all is ready, are made in LINKS. Simulated time goes FACTOR times as fast. Each PLATE stands in
//! its NEST, with its name as its barcode and a culture in column 1; `PLATE+seal=NEST` is sealed.

use hardware_sim::{Sim, SimClock, Texts, boot_us, serve};
use serde_json::json;
use std::{collections::BTreeMap, error::Error, fs, path::PathBuf, time::Duration};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

/// When simulated time begins.
const START_US: u64 = 1_760_000_000_000_000;

fn texts(rig_path: &PathBuf) -> Result<Texts, Box<dyn Error>> {
    let rig = fs::read_to_string(rig_path)?;
    let base = rig_path.parent().ok_or("the rig file is in no folder")?;
    let table: toml::Table = toml::from_str(&rig)?;
    let mut profiles = BTreeMap::new();
    for instrument in table
        .get("instruments")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flat_map(toml::Table::values)
    {
        if let Some(path) = instrument.get("profile").and_then(toml::Value::as_str) {
            profiles.insert(path.to_owned(), fs::read_to_string(base.join(path))?);
        }
    }
    let folder = table
        .get("rig")
        .and_then(|head| head.get("labware"))
        .and_then(toml::Value::as_str)
        .ok_or("`labware` of [rig] names the folder of labware")?;
    let mut labware = BTreeMap::new();
    for entry in fs::read_dir(base.join(folder))? {
        let path = entry?.path();
        if let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) {
            labware.insert(name.to_owned(), fs::read_to_string(&path)?);
        }
    }
    Ok(Texts {
        rig,
        profiles,
        labware,
    })
}

/// Has the operator bring the plates.
async fn load(sim: &Sim, plates: &[String]) -> Result<(), Box<dyn Error>> {
    let mut items = Vec::new();
    for plate in plates {
        let (name, nest) = plate.split_once('=').ok_or("a plate is written PLATE=NEST")?;
        let (name, sealed) = name
            .strip_suffix("+seal")
            .map_or((name, false), |name| (name, true));
        let wells = "ABCDEFGH".chars().map(|row| {
            json!({"well": format!("{row}1"), "liquid": "culture", "strain": "S1", "volume_nl": 100_000.0, "od": 1.0})
        });
        items.push(
            json!({"place": nest, "labware": "plate-96-flat", "plate": name, "barcode": name,
            "sealed": sealed, "contents": wells.collect::<Vec<_>>()}),
        );
    }
    let request = json!({"id": 1, "kind": "load", "text": "bring the plates", "items": items});
    let mut operator = BufReader::new(sim.operator());
    operator.write_all(format!("{request}\n").as_bytes()).await?;
    let mut answer = String::new();
    operator.read_line(&mut answer).await?;
    if answer.contains("\"error\"") {
        return Err(answer.into());
    }
    Ok(())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rig, links, factor, plates @ ..] = arguments.as_slice() else {
        return Err("usage: serve RIG LINKS FACTOR [PLATE=NEST …]".into());
    };
    let (rig, links) = (PathBuf::from(rig), PathBuf::from(links));
    let clock = SimClock::anchored(START_US, boot_us(), factor.parse()?);
    let sim = Sim::new(&texts(&rig)?, 1, clock)?;
    if let Err(error) = load(&sim, plates).await {
        return Err(format!("the plates cannot be brought: {error}").into());
    }
    let options = serve::Options {
        base: rig.parent().map(PathBuf::from).unwrap_or_default(),
        links: Some(links.clone()),
        ports: BTreeMap::new(),
    };
    let served = serve::serve(&sim, &options).await?;
    let part = links.join("addresses.part");
    fs::write(&part, serde_json::to_string(&served.addresses)?)?;
    fs::rename(part, links.join("addresses.json"))?;
    loop {
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(tokio::task::LocalSet::new().run_until(run()))
}
