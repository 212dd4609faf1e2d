//! What looks at idle devices add to commands on a shared line: prints figures, and fails when the 99th percentile is more
//! than one look. In virtual time, with the byte times of the wire.

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
    for silent in [0, 1, 4] {
        let local = tokio::task::LocalSet::new();
        let figures = local.block_on(&runtime, line::measure(demo_rig, 10_000, silent))?;
        let [p50, p99, most] = [50, 99, 100].map(|p| figures.percentile(p));
        println!(
            "eight devices at 10 Hz, {silent} of them silent: look {} us, command {} us on an idle line; added p50 {p50} us, \
             p99 {p99} us, most {most} us; {:.1} looks a second and device",
            figures.look_us, figures.idle_us, figures.looks_per_s
        );
        failed |= silent == 0 && p99 > figures.look_us;
    }
    if failed {
        return Err("commands wait for more than one look".into());
    }
    Ok(())
}
