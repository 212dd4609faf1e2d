//! One RS-485 line with eight simulated devices, each looked at ten times a second, and commands between.

use hardware_sim::{Sim, SimClock, Texts};
use plated::clock::Clock;
use plated::link::modbus::{Client, Span, Writable};
use plated::link::{BoxStream, Line, OpenError, Settings};
use plated::rig::profile::modbus::TableKind;
use plated::rig::{Format, LineProtocol, Link, Manner, Parity};
use plated::units::{Duration, Timestamp};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::error::Error;
use std::rc::Rc;

/// How many devices there are.
const DEVICES: u8 = 8;
/// How often each is looked at.
const EVERY: Duration = Duration::ms(100);
/// Registers of a look.
const WIDE: u16 = 10;

/// What was measured, in simulated microseconds.
pub struct Figures {
    /// One look: request, turnaround, answer and the silence after it, as it delays a command that comes just behind it.
    pub look_us: u64,
    /// A command on an idle line.
    pub idle_us: u64,
    /// What the looks add to commands, in rising order.
    pub added_us: Vec<u64>,
    /// Looks a second and device.
    pub looks_per_s: f64,
}

impl Figures {
    /// The share (in percent) of commands that wait no longer than this.
    pub fn percentile(&self, percent: usize) -> u64 {
        let last = self.added_us.len().saturating_sub(1);
        let at = (self.added_us.len() * percent)
            .div_ceil(100)
            .saturating_sub(1)
            .min(last);
        self.added_us.get(at).copied().unwrap_or_default()
    }
}

fn link(unit: u8, baud: u32) -> Link {
    Link::Serial {
        path: "/dev/bus".to_owned(),
        baud,
        format: Format {
            data_bits: 8,
            parity: Parity::Even,
            stop_bits: 1,
        },
        protocol: LineProtocol::ModbusRtu,
        unit,
        manner: Manner::default(),
    }
}

fn texts(demo_rig: &str, baud: u32) -> Result<Texts, toml::de::Error> {
    let mut rig: toml::Table = toml::from_str(demo_rig)?;
    let instruments: String = (1..=DEVICES)
        .map(|unit| {
            format!(
                "[d{unit}]\nkind = \"registers\"\nlink = {{ serial = \"/dev/bus\", baud = {baud}, format = \"8E1\", \
                 protocol = \"modbus_rtu\", unit = {unit} }}\n"
            )
        })
        .collect();
    let instruments: toml::Table = toml::from_str(&instruments)?;
    rig.insert("instruments".to_owned(), instruments.into());
    rig.insert("nests".to_owned(), toml::Table::new().into());
    Ok(Texts {
        rig: rig.to_string(),
        profiles: BTreeMap::new(),
        labware: BTreeMap::new(),
    })
}

fn bus(sim: &Sim, clock: Clock, baud: u32) -> Line {
    let sim = sim.clone();
    let opener = Box::new(move || {
        let opened = sim.connect("d1").map(|s| Box::new(s) as BoxStream);
        let opened = opened.map_err(|e| OpenError::Other {
            place: "bus".to_owned(),
            why: e.to_string(),
        });
        Box::pin(async move { opened }) as _
    });
    Line::new(opener, Settings::of(&link(1, baud)), clock)
}

/// Looks at a device every tenth of a second, or as often as the line lets it.
async fn look(line: Line, link: Link, first: Duration, clock: Clock, count: Rc<Cell<u32>>) {
    let line = line.of(&link);
    let _behind = line.behind();
    let mut client = Client::new(line, &link, Duration::ms(250));
    let mut due = clock.now().plus(first);
    loop {
        clock.sleep_until(due).await;
        let read = client
            .read_spans(TableKind::Holding, &[Span::new(0, WIDE)], 0)
            .await;
        if matches!(read, Ok(Ok(_))) {
            count.set(count.get() + 1);
        }
        due = due.plus(EVERY).max(clock.now());
    }
}

/// Gives `commands` at moments that a seed draws, with `silent` of the looked-at units not there, on a line of so many bits a second.
///
/// # Errors
/// When the line cannot be simulated.
pub async fn measure(
    demo_rig: &str,
    commands: u32,
    silent: u8,
    baud: u32,
) -> Result<Figures, Box<dyn Error>> {
    let start = Timestamp::from_us(1_000_000_000);
    let sim = Sim::new(&texts(demo_rig, baud)?, 1, SimClock::virtual_time(start.as_us()))?;
    let clock = Clock::virtual_time(start);
    let line = bus(&sim, clock, baud);
    let writable = || Writable::nothing().and(TableKind::Holding, Span::new(20, 2));
    let client = |unit| {
        Client::new(line.of(&link(unit, baud)), &link(unit, baud), Duration::ms(250)).writing(writable())
    };
    let mut clients: Vec<Client> = (1..=DEVICES).map(client).collect();
    // Alone: a command on an idle line, and looks one after another.
    let mut idle_us = 0;
    for client in &mut clients {
        clock.sleep(Duration::ms(50)).await;
        let before = clock.now();
        command(client).await;
        idle_us = clock.now().since(before).as_us().max(idle_us);
    }
    let mut looker = client(1);
    let mut look_us = 0;
    for n in 0..100 {
        clock.sleep(Duration::us(50_000 + n * 137)).await;
        let before = clock.now();
        let Some(commander) = clients.last_mut() else {
            break;
        };
        let (_, ()) = tokio::join!(biased; looker.read_holding(0, WIDE), command(commander));
        look_us = clock
            .now()
            .since(before)
            .as_us()
            .saturating_sub(idle_us)
            .max(look_us);
    }
    let looks = Rc::new(Cell::new(0));
    for unit in 1..=DEVICES {
        // Nobody has the units beyond.
        let unit = if unit <= silent { unit + 100 } else { unit };
        let first = Duration::ms(u64::from(unit) * 11);
        tokio::task::spawn_local(look(line.clone(), link(unit, baud), first, clock, looks.clone()));
    }
    let began = clock.now();
    let mut random = 12_345_u64;
    let mut added_us = Vec::new();
    for _ in 0..commands {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        clock.sleep(Duration::us(20_000 + (random >> 33) % 60_000)).await;
        let which = usize::try_from((random >> 20) % u64::from(DEVICES)).unwrap_or(0);
        if let Some(client) = clients.get_mut(which) {
            let before = clock.now();
            command(client).await;
            added_us.push(clock.now().since(before).as_us().saturating_sub(idle_us));
        }
    }
    added_us.sort_unstable();
    let seconds = clock.now().since(began).as_s();
    Ok(Figures {
        look_us,
        idle_us,
        added_us,
        looks_per_s: f64::from(looks.get()) / seconds / f64::from(DEVICES),
    })
}

async fn command(client: &mut Client) {
    let written = client.write_registers(20, vec![1, 2]).await;
    assert!(
        matches!(written, Ok(Ok(()))),
        "a command was not answered: {written:?}"
    );
}
