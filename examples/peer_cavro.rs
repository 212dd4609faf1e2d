//! Drives somebody else's Cavro pump (or a simulator of one) by this project's driver, in DT frames: who it is, homing, strokes in and
//! out, a stroke that was interrupted by nobody and is asked for all the same, and a refusal that moves nothing.
//!
//! Usage: `peer_cavro RIG.toml PATH`: the rig's instrument "pump", as an XLP 6000. Exit code 0 when everything agrees.

use plated::clock::Clock;
use plated::devices::{Done, Instrument, Intent, Moved, Settled};
use plated::drivers::connect;
use plated::labware::{Library, Well};
use plated::link::Line;
use plated::plan::{Action, Site};
use plated::rig::{
    self, Format, InstrumentId, LineProtocol, Link, Manner, NestId, Parity, PipetteId, PumpModel, Rig, Role,
};
use plated::source::SourceFile;
use plated::units::{FlowRate, Volume};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rig, path] = arguments.as_slice() else {
        return Err("usage: peer_cavro RIG.toml PATH".into());
    };
    let rig = load(rig)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    tokio::task::LocalSet::new().block_on(&runtime, strokes(&rig, path))
}

fn load(path: &str) -> Outcome<Rig> {
    let read = |path: &Path| -> Outcome<SourceFile> {
        Ok(SourceFile {
            name: path.display().to_string(),
            text: std::fs::read_to_string(path)?,
        })
    };
    let file = read(Path::new(path))?;
    let folder = Path::new(path).parent().unwrap_or(Path::new("."));
    let mut profiles = BTreeMap::new();
    for name in rig::references(&file).profiles {
        profiles.insert(name.clone(), read(&folder.join(&name))?);
    }
    let (rig, found) = rig::parse(&file, &profiles);
    let mut rig = rig.ok_or_else(|| format!("{found:?}"))?;
    match rig.instruments.get_mut(&pump()).map(|i| &mut i.role) {
        Some(Role::Pump(pump)) => pump.model = PumpModel::Xlp6000,
        _ => return Err("the rig has no \"pump\"".into()),
    }
    Ok(rig)
}

fn pump() -> InstrumentId {
    InstrumentId::new("pump")
}

/// Carries an action out, and lets the driver say what it would say of it after a crash.
async fn does(driver: &mut dyn Instrument, action: Action) -> Outcome<()> {
    let before = driver.prepare(&action).await?;
    let intent = Intent { action, before };
    let untouched = driver.settle(&intent).await?;
    let done = driver.perform(&intent).await?;
    let settled = driver.settle(&intent).await?;
    println!(
        "  {}: {untouched:?}, then {done:?}, then {settled:?}",
        intent.action.name()
    );
    let homing = matches!(intent.action, Action::PumpHome { .. });
    let fits =
        homing || matches!(untouched, Settled::NotDone { .. }) && matches!(settled, Settled::Done { .. });
    if done == Done::Plain && fits {
        Ok(())
    } else {
        Err(format!("{} was not what it should be", intent.action.name()).into())
    }
}

async fn strokes(rig: &Rig, path: &str) -> Outcome<()> {
    let link = Link::Serial {
        path: path.to_owned(),
        baud: 9_600,
        format: Format {
            data_bits: 8,
            parity: Parity::None,
            stop_bits: 1,
        },
        protocol: LineProtocol::Native,
        unit: 1,
        manner: Manner::default(),
    };
    let clock = Clock::wall();
    let (labware, _) = Library::load(&[]);
    let line = Line::to(&link, clock);
    let mut driver = connect(&pump(), rig, &labware, line.clone(), clock)?;
    println!("  {:?}", driver.identify().await?);
    let draw = |volume: i64, holding: i64| Action::Draw {
        pump: pump(),
        probe: PipetteId::new("probe"),
        at: None,
        volume: Volume::nl(volume),
        holding: Volume::nl(holding),
        flow: FlowRate::nl_per_s(400_000),
        air: false,
    };
    // Some tell at once that they were never initialised, some when they are told to move.
    let refused = match driver.prepare(&draw(200_000, 0)).await {
        Err(refused) => refused,
        Ok(before) => {
            let action = draw(200_000, 0);
            let performed = driver.perform(&Intent { action, before }).await;
            performed.err().ok_or("a pump that was never homed has moved")?
        }
    };
    println!("  refused: {refused:?}");
    if refused.moved != Moved::No {
        return Err("a refusal before homing is to say that nothing moved".into());
    }
    does(driver.as_mut(), Action::PumpHome { pump: pump() }).await?;
    does(driver.as_mut(), draw(200_000, 0)).await?;
    does(driver.as_mut(), draw(300_500, 200_000)).await?;
    let expel = |volume: i64, holding: i64| Action::Expel {
        pump: pump(),
        probe: PipetteId::new("probe"),
        at: Site::new(NestId::new("waste"), "waste-bin", Well::new(0, 0)),
        volume: Volume::nl(volume),
        holding: Volume::nl(holding),
        flow: FlowRate::nl_per_s(200_000),
    };
    does(driver.as_mut(), expel(400_500, 500_500)).await?;
    // Whoever believes the syringe fuller than it is does not move it.
    match driver.prepare(&expel(300_000, 500_000)).await {
        Err(refused) => println!("  refused: {}", refused.message),
        Ok(_) => return Err("a plunger that stands elsewhere is to be refused".into()),
    }
    does(driver.as_mut(), expel(100_000, 100_000)).await
}
