//! How many Modbus round trips a second this project's client makes: one read of ten holding registers after another.
//!
//! Usage: `modbus_rate tcp HOST:PORT COUNT` or `modbus_rate rtu PATH COUNT`, unit 1, no silence between frames. Prints
//! round trips a second and microseconds of processor time for each.

use plated::clock::Clock;
use plated::link::modbus::Client;
use plated::link::{Line, Port, Settings};
use plated::rig::{Format, LineProtocol, Link, Manner, Parity};
use plated::units::Duration;
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let manner = Manner::default();
    let (link, count) = match arguments.as_slice() {
        ["tcp", address, count] => {
            let address = (*address).to_owned();
            let protocol = LineProtocol::ModbusTcp;
            (
                Link::Tcp {
                    address,
                    protocol,
                    unit: 1,
                    manner,
                },
                count.parse::<u32>()?,
            )
        }
        ["rtu", path, count] => {
            let format = Format {
                data_bits: 8,
                parity: Parity::None,
                stop_bits: 1,
            };
            (
                Link::Serial {
                    path: (*path).to_owned(),
                    baud: 115_200,
                    format,
                    protocol: LineProtocol::ModbusRtu,
                    unit: 1,
                    manner,
                },
                count.parse::<u32>()?,
            )
        }
        _ => return Err("usage: modbus_rate tcp HOST:PORT COUNT | rtu PATH COUNT".into()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(tokio::runtime::LocalOptions::default())?;
    // In a task, as the flows of an engine: whoever waits outside of all tasks is woken by a system call.
    let asking = async move {
        let clock = Clock::wall();
        let settings = Settings {
            gap: Duration::ZERO,
            ..Settings::of(&link)
        };
        let line = Line::new(Port::opener(&link, clock), settings, clock);
        let mut client = Client::new(line, &link, Duration::s(1));
        for _ in 0..100 {
            client.read_holding(0, 10).await??;
        }
        let (began, used) = (Instant::now(), processor_us());
        for _ in 0..count {
            if client.read_holding(0, 10).await??.len() != 10 {
                return Err("an answer of another length".into());
            }
        }
        let (seconds, used) = (began.elapsed().as_secs_f64(), processor_us().saturating_sub(used));
        println!(
            "{:.0} {:.1}",
            f64::from(count) / seconds,
            f64::from(u32::try_from(used)?) / f64::from(count)
        );
        Ok::<(), Box<dyn Error>>(())
    };
    runtime.block_on(async { tokio::task::spawn_local(asking).await })?
}

/// Processor time of this process so far, in microseconds.
fn processor_us() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    seconds.unwrap_or(0) * 1_000_000 + nanos.unwrap_or(0) / 1000
}
