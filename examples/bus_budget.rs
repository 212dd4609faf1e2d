//! What looks at idle devices add to commands on a shared line: prints figures, and fails when the 99th percentile is more
//! than one look, or when a line that is fast enough does not look ten times a second. In virtual time, with the byte times of
//! the wire.
//!
//! A look at ten registers takes its 33 bytes of 11 bits, the device's turnaround and the silences of Modbus RTU. Eighty of them a
//! second fit on a line only where they, and the twenty commands a second between, leave some of it.

#[path = "bus_budget/line.rs"]
mod line;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let demo_rig = include_str!("../config/demo-rig.toml");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    let mut failed = false;
    for (baud, silent) in [
        (19_200, 0),
        (19_200, 1),
        (19_200, 4),
        (38_400, 0),
        (57_600, 0),
        (115_200, 0),
        (115_200, 1),
    ] {
        let local = tokio::task::LocalSet::new();
        let figures = local.block_on(&runtime, line::measure(demo_rig, 10_000, silent, baud))?;
        let [p50, p99, most] = [50, 99, 100].map(|p| figures.percentile(p));
        println!(
            "{baud} bit/s, eight devices at 10 Hz, {silent} of them silent: look {} us, command {} us on an idle line; added p50 \
             {p50} us, p99 {p99} us, most {most} us; {:.1} looks a second and device",
            figures.look_us, figures.idle_us, figures.looks_per_s
        );
        let fits = figures.look_us * 80 + figures.idle_us * 20 < 950_000;
        failed |= silent == 0 && (p99 > figures.look_us || fits && figures.looks_per_s < 9.9);
    }
    if failed {
        return Err(
            "commands wait for more than one look, or looks are left out where there is room for them".into(),
        );
    }
    Ok(())
}
