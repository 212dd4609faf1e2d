//! Drives somebody else's OT-2 motor controller (or an emulator of it) with this project's driver, and compares what
//! the controller then says of its plungers with what the plunger tables demand.
//!
//! Usage: `peer_ot2 RIG.toml SERIAL-PORT|HOST:PORT`. Exit code 0 when everything agrees.

use plated::clock::Clock;
use plated::devices::{Done, Instrument, Intent, Settled};
use plated::drivers::ot2::{Ot2, plunger::Model, wire};
use plated::labware::{Library, Well};
use plated::link::{Exchange, Line};
use plated::plan::{Action, Height, Site, Travel};
use plated::rig::{self, Format, InstrumentId, LineProtocol, Link, Manner, Parity, PipetteId};
use plated::source::SourceFile;
use plated::units::{Duration, FlowRate, Length, Volume};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rig, place] = arguments.as_slice() else {
        return Err("usage: peer_ot2 RIG.toml SERIAL-PORT|HOST:PORT".into());
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    tokio::task::LocalSet::new().block_on(&runtime, drive(rig, place))
}

fn load(path: &str) -> Outcome<rig::Rig> {
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

fn link(place: &str) -> Link {
    if place.starts_with('/') {
        Link::Serial {
            path: place.to_owned(),
            baud: 115_200,
            format: Format {
                data_bits: 8,
                parity: Parity::None,
                stop_bits: 1,
            },
            protocol: LineProtocol::Native,
            unit: 1,
            manner: Manner::default(),
        }
    } else {
        Link::Tcp {
            address: place.to_owned(),
            protocol: LineProtocol::Native,
            unit: 1,
            manner: Manner::default(),
        }
    }
}

async fn drive(rig: &str, place: &str) -> Outcome<()> {
    let rig = load(rig)?;
    let (labware, _) = Library::load(&[]);
    let clock = Clock::wall();
    let line = Line::to(&link(place), clock);
    let id = InstrumentId::new("handler");
    let mut driver = Ot2::new(&id, &rig, &labware, line.clone())?;
    let who = driver.identify().await?;
    println!(
        "identified: {} firmware {:?} pipettes {:?}",
        who.model, who.firmware, who.serial
    );

    let multi = PipetteId::new("p300-multi");
    let site =
        |nest: &str, labware: &str, row, column| Site::new(nest.into(), labware, Well::new(row, column));
    let flow = FlowRate::nl_per_s(94_000);
    let height = Height::FromBottom(Length::um(2_000));
    let stroke = |aspirate: bool, at, volume, holding| {
        let (pipette, volume, holding) = (multi.clone(), Volume::nl(volume), Volume::nl(holding));
        let stay = false;
        if aspirate {
            Action::Aspirate {
                pipette,
                at,
                volume,
                holding,
                flow,
                height,
                stay,
                travel: Travel::default(),
            }
        } else {
            Action::Dispense {
                pipette,
                at,
                volume,
                holding,
                flow,
                height,
                stay,
                travel: Travel::default(),
            }
        }
    };
    let model = Model::named("p300_multi_v2.1").ok_or("no such model")?;
    let holding = |nl| model.position(Volume::nl(nl)).ok_or("outside the table");
    let pick_up = Action::PickUpTips {
        pipette: multi.clone(),
        at: site("deck-1", "tiprack-300", 0, 0),
    };
    let drop = Action::DropTips {
        pipette: multi.clone(),
        at: site("deck-12", "waste-bin", 0, 0),
    };
    let reservoir = || site("deck-7", "reservoir-1", 0, 0);
    let plate = |column| site("deck-9", "plate-96-flat", 0, column);
    let air_gap = Action::AirGap {
        pipette: multi.clone(),
        at: reservoir(),
        volume: Volume::nl(20_000),
        holding: Volume::nl(200_000),
        flow,
        height: Height::FromTop(Length::um(1_000)),
    };
    let touch_tip = Action::TouchTip {
        pipette: multi.clone(),
        at: plate(0),
        height: Height::FromTop(Length::um(-1_000)),
    };
    let blow_out = Action::BlowOut {
        pipette: multi.clone(),
        at: plate(11),
        flow,
        height: Height::FromTop(Length::um(-1_000)),
    };
    let steps = [
        (Action::Home, None),
        (pick_up, Some(model.bottom())),
        (stroke(true, reservoir(), 200_000, 0), Some(holding(200_000)?)),
        (air_gap, Some(holding(220_000)?)),
        (stroke(false, plate(0), 100_000, 220_000), Some(holding(120_000)?)),
        (touch_tip, Some(holding(120_000)?)),
        (stroke(false, plate(11), 120_000, 120_000), Some(holding(0)?)),
        (blow_out, Some(model.blow_out())),
        // From where it blew out the plunger goes to the bottom first.
        (stroke(true, reservoir(), 50_000, 0), Some(holding(50_000)?)),
        (stroke(false, plate(1), 50_000, 50_000), Some(holding(0)?)),
        (drop, Some(model.drop_tip())),
        (Action::Park, None),
    ];
    for (action, expected) in steps {
        let intent = Intent {
            before: driver.prepare(&action).await?,
            action,
        };
        if let Settled::Done { .. } = driver.settle(&intent).await? {
            return Err(format!("{} is said to be done before it began", intent.action.name()).into());
        }
        let done = driver.perform(&intent).await?;
        let settled = driver.settle(&intent).await?;
        // Homing and touching are goals: they are made again unless they are known to be done.
        let goal = matches!(intent.action, Action::Home | Action::TouchTip { .. });
        let agrees = goal || matches!(settled, Settled::Done { .. });
        if done != Done::Plain || !agrees {
            return Err(format!("{}: {done:?}, settled {settled:?}", intent.action.name()).into());
        }
        // The controller's own ledger, asked past the driver.
        let ask = Exchange::new(wire::command("M114.2"), Duration::s(2), |r| {
            wire::framing(r, wire::Body::Position)
        });
        let answer = line.exchange(ask).await?;
        let position = wire::find(&answer, wire::position).ok_or("no position")?;
        let at = position.at(wire::Axis::B);
        if let Some(expected) = expected
            && (at - expected.get()).abs() > 1
        {
            return Err(format!(
                "{}: plunger at {at} um, expected {expected}",
                intent.action.name()
            )
            .into());
        }
        println!(
            "{:<14} plunger B at {at:>6} um  {position:?}",
            intent.action.name()
        );
    }
    let zone = rig.zones.keys().next().ok_or("no zone")?;
    if !driver.clear_of(zone).await? {
        return Err("parked, but not proven clear of its zone".into());
    }
    println!("ot2 driver and peer agree");
    Ok(())
}
