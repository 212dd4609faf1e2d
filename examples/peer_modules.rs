//! Drives somebody else's thermocycler, temperature module, heater-shaker and magnetic module (or emulators of them) by the text
//! profiles, and asks afterwards whether they are where they were told to be.
//!
//! Usage: `peer_modules RIG.toml THERMOCYCLER TEMPERATURE-MODULE HEATER-SHAKER MAGNETIC-MODULE`, each as HOST:PORT; the rig's
//! instruments are called "thermocycler", "cold-block" and "heater-shaker", the magnetic module has a rig of its own. Exit code 0 when
//! everything agrees.

use plated::clock::Clock;
use plated::daemon::instrument::tested;
use plated::devices::{Done, Instrument, Intent, Settled};
use plated::drivers::connect;
use plated::labware::Library;
use plated::link::Line;
use plated::plan::{Action, ThermalProgram, ThermalStage, ThermalStep};
use plated::rig::{self, InstrumentId, LineProtocol, Link, Manner, QuantityId, Rig};
use plated::source::SourceFile;
use plated::units::{Amount, Duration, RotationSpeed, Temperature, Unit};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, thermocycler, cold, shaker, magnet] = arguments.as_slice() else {
        return Err(
            "usage: peer_modules RIG.toml THERMOCYCLER TEMPERATURE-MODULE HEATER-SHAKER MAGNETIC-MODULE"
                .into(),
        );
    };
    let rig = load(path)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        temperature_module(&rig, cold).await?;
        heater_shaker(&rig, shaker).await?;
        magnetic_module(magnet).await?;
        cycler(&rig, thermocycler).await
    })
}

fn load(path: &str) -> Outcome<Rig> {
    let read = |path: &Path| -> Outcome<SourceFile> {
        let text = std::fs::read_to_string(path)?;
        Ok(SourceFile {
            name: path.display().to_string(),
            text,
        })
    };
    let file = read(Path::new(path))?;
    let folder = Path::new(path).parent().unwrap_or(Path::new("."));
    let mut profiles = BTreeMap::new();
    for name in rig::references(&file).profiles {
        profiles.insert(name.clone(), read(&folder.join(&name))?);
    }
    let (rig, found) = rig::parse(&file, &profiles);
    rig.ok_or_else(|| format!("{found:?}").into())
}

/// A driver that has met its instrument.
async fn met(rig: &Rig, name: &str, place: &str) -> Outcome<Box<dyn Instrument>> {
    let link = Link::Tcp {
        address: place.to_owned(),
        protocol: LineProtocol::Native,
        unit: 1,
        manner: Manner::default(),
    };
    let clock = Clock::wall();
    let (labware, _) = Library::load(&[]);
    let mut driver = connect(
        &InstrumentId::new(name),
        rig,
        &labware,
        Line::to(&link, clock),
        clock,
    )?;
    println!("{name}");
    let well = tested(driver.as_mut(), &mut |(what, found)| {
        println!("  {what}: {found:?}")
    })
    .await;
    if well {
        Ok(driver)
    } else {
        Err(format!("{name} does not pass its self-test").into())
    }
}

async fn does(driver: &mut dyn Instrument, action: Action) -> Outcome<()> {
    let before = driver.prepare(&action).await?;
    let intent = Intent { action, before };
    let done = driver.perform(&intent).await?;
    println!("  {}: {done:?}", intent.action.name());
    if done != Done::Plain {
        return Err(format!("{} brought {done:?}", intent.action.name()).into());
    }
    if matches!(driver.settle(&intent).await?, Settled::Unknown { .. })
        && !matches!(intent.action, Action::Thermocycle { .. })
    {
        return Err(format!("{} cannot be settled", intent.action.name()).into());
    }
    Ok(())
}

/// What is asked must say this.
async fn says(driver: &mut dyn Instrument, name: &str, wanted: &str) -> Outcome<()> {
    let said = driver.ask(name).await?;
    println!("  {name}: {said}");
    if said.contains(wanted) {
        Ok(())
    } else {
        Err(format!("{name} says {said}, not {wanted}").into())
    }
}

fn celsius(degrees: i32) -> Temperature {
    Temperature::milli_celsius(degrees * 1_000)
}

async fn temperature_module(rig: &Rig, place: &str) -> Outcome<()> {
    let mut driver = met(rig, "cold-block", place).await?;
    does(
        driver.as_mut(),
        Action::SetTemperature {
            temperature: celsius(37),
        },
    )
    .await?;
    says(driver.as_mut(), "temperature", "target 37 C").await?;
    driver.halt().await?;
    says(driver.as_mut(), "temperature", "none").await
}

/// A rig with a magnetic module alone.
const MAGNET: &str = r#"
[rig]
name = "magnet"
title = "Magnetic module"
safe_height = "170 mm"

[instruments.magnet]
kind = "profile"
title = "magnetic module"
profile = "profiles/ot-magnetic.toml"
link = { serial = "/dev/ttyACM0", baud = 115200, format = "8N1" }
set_points = { height = { bounds = ["0 mm", "20 mm"] } }
"#;

async fn magnetic_module(place: &str) -> Outcome<()> {
    let file = |name: &str, text: &str| SourceFile {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let name = "profiles/ot-magnetic.toml";
    let profile = file(name, include_str!("../config/profiles/ot-magnetic.toml"));
    let profiles = BTreeMap::from([(name.to_owned(), profile)]);
    let (rig, found) = rig::parse(&file("magnet.toml", MAGNET), &profiles);
    let rig = rig.ok_or_else(|| format!("{found:?}"))?;
    let mut driver = met(&rig, "magnet", place).await?;
    does(driver.as_mut(), Action::Initialise).await?;
    for height in [12.5, 0.0] {
        let to = Amount::of(height, Unit::Millimetres).ok_or("no height")?;
        let quantity = QuantityId::new("height");
        let reach = None;
        does(driver.as_mut(), Action::SetPoint { quantity, to, reach }).await?;
        says(driver.as_mut(), "position", &format!("{height} mm")).await?;
    }
    Ok(())
}

async fn heater_shaker(rig: &Rig, place: &str) -> Outcome<()> {
    let mut driver = met(rig, "heater-shaker", place).await?;
    does(driver.as_mut(), Action::Initialise).await?;
    says(driver.as_mut(), "latch", "open").await?;
    let speed = Some(RotationSpeed::rpm(600));
    does(driver.as_mut(), Action::Shake { speed }).await?;
    says(driver.as_mut(), "speed", "target 600 rpm").await?;
    says(driver.as_mut(), "latch", "closed").await?;
    does(driver.as_mut(), Action::Shake { speed: None }).await?;
    says(driver.as_mut(), "latch", "open").await?;
    does(
        driver.as_mut(),
        Action::SetTemperature {
            temperature: celsius(42),
        },
    )
    .await?;
    says(driver.as_mut(), "temperature", "target 42 C").await
}

async fn cycler(rig: &Rig, place: &str) -> Outcome<()> {
    let mut driver = met(rig, "thermocycler", place).await?;
    does(driver.as_mut(), Action::OpenTray).await?;
    says(driver.as_mut(), "lid", "open").await?;
    does(driver.as_mut(), Action::CloseTray).await?;
    says(driver.as_mut(), "lid", "closed").await?;
    let step = |degrees, seconds| ThermalStep {
        temperature: celsius(degrees),
        duration: Duration::s(seconds),
    };
    let program = ThermalProgram {
        lid: Some(celsius(40)),
        stages: vec![ThermalStage {
            cycles: 2,
            steps: vec![step(33, 2), step(27, 1)],
        }],
        hold: Some(celsius(8)),
    };
    let plate = "plate".into();
    does(driver.as_mut(), Action::Thermocycle { plate, program }).await?;
    says(driver.as_mut(), "block", "target \"8").await
}
