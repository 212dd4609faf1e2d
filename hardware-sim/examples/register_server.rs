//! Serves plain registers over Modbus to clients by others: two units behind one TCP address, and two on one serial line.
//!
//! Prints `tcp HOST:PORT` and `rtu PATH`, then serves until it is ended. With `echo` as argument the serial line sends back
//! what it hears.

use hardware_sim::{Sim, SimClock, Texts, boot_us, serve};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write as _;

/// The world of the demonstration rig with nothing in it but registers.
fn rig(echo: bool) -> Result<String, toml::de::Error> {
    let mut rig: toml::Table = toml::from_str(include_str!("../../config/demo-rig.toml"))?;
    let mut instruments = String::new();
    for unit in 1..=2 {
        instruments += &format!(
            "[tcp-{unit}]\nkind = \"registers\"\nlink = {{ tcp = \"gateway:502\", unit = {unit} }}\n\
             [rtu-{unit}]\nkind = \"registers\"\nlink = {{ serial = \"/dev/bus\", baud = 115200, \
             protocol = \"modbus_rtu\", unit = {unit}, echo = {echo} }}\n"
        );
    }
    let instruments: toml::Table = toml::from_str(&instruments)?;
    rig.insert("instruments".to_owned(), instruments.into());
    rig.insert("nests".to_owned(), toml::Table::new().into());
    Ok(rig.to_string())
}

fn main() -> Result<(), Box<dyn Error>> {
    let echo = std::env::args().any(|argument| argument == "echo");
    let texts = Texts {
        rig: rig(echo)?,
        profiles: BTreeMap::new(),
        labware: BTreeMap::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async move {
        let sim = Sim::new(&texts, 1, SimClock::anchored(0, boot_us(), 1.0))?;
        let served = serve::serve(&sim, &serve::Options::default()).await?;
        let address = |name: &str| served.addresses.get(name).cloned().unwrap_or_default();
        let mut out = std::io::stdout();
        writeln!(out, "tcp {}\nrtu {}", address("tcp-1"), address("rtu-1"))?;
        out.flush()?;
        std::future::pending::<Result<(), Box<dyn Error>>>().await
    })
}
