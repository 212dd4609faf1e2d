//! Reads and writes somebody else's Modbus server with this project's client.
//!
//! Usage: `peer_modbus tcp HOST:PORT UNIT` or `peer_modbus rtu PATH BAUD UNIT`. The server has 64 coils, discrete inputs
//! and registers of each kind; input registers hold 7. Exit code 0 when every answer is right.

use plated::clock::Clock;
use plated::link::Line;
use plated::link::modbus::{Client, ClientError, Writable};
use plated::rig::{Format, LineProtocol, Link, Manner, Parity};
use plated::units::Duration;
use std::error::Error;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let link = match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["tcp", address, unit] => Link::Tcp {
            address: (*address).to_owned(),
            protocol: LineProtocol::ModbusTcp,
            unit: unit.parse()?,
            manner: Manner::default(),
        },
        ["rtu", path, baud, unit] => Link::Serial {
            path: (*path).to_owned(),
            baud: baud.parse()?,
            format: Format {
                data_bits: 8,
                parity: Parity::None,
                stop_bits: 1,
            },
            protocol: LineProtocol::ModbusRtu,
            unit: unit.parse()?,
            manner: Manner::default(),
        },
        _ => return Err("usage: peer_modbus tcp HOST:PORT UNIT | rtu PATH BAUD UNIT".into()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    tokio::task::LocalSet::new().block_on(&runtime, talk(&link))
}

fn check(name: &str, right: bool) -> Outcome<()> {
    println!("{} {name}", if right { "PASS" } else { "FAIL" });
    if right {
        Ok(())
    } else {
        Err(format!("{name} failed").into())
    }
}

async fn talk(link: &Link) -> Outcome<()> {
    let line = Line::to(link, Clock::wall());
    let mut client = Client::new(line.clone(), link, Duration::s(1)).writing(Writable::everything());
    client.write_register(0, 1234).await??;
    check(
        "write one register, read it back",
        client.read_holding(0, 1).await?? == [1234],
    )?;
    client.write_registers(1, vec![1, 2, 3, 65_535]).await??;
    check(
        "write registers, read them back",
        client.read_holding(0, 5).await?? == [1234, 1, 2, 3, 65_535],
    )?;
    let read = client.read_write(0..3, 0, vec![99]).await??;
    check("write and read in one request", read == [99, 1, 2])?;
    client.write_register(9, 0x0012).await??;
    client.mask_write(9, 0x00F2, 0x0025).await??;
    check("mask write", client.read_holding(9, 1).await?? == [0x0017])?;
    client.write_coil(3, true).await??;
    client.write_coils(4, vec![true, false, true]).await??;
    let coils = client.read_coils(0, 11).await??;
    let on: Vec<usize> = coils
        .iter()
        .enumerate()
        .filter_map(|(i, on)| on.then_some(i))
        .collect();
    check("write and read coils", coils.len() == 11 && on == [3, 4, 6])?;
    check(
        "read discrete inputs",
        client.read_discrete(0, 9).await?? == [false; 9],
    )?;
    check("read input registers", client.read_input(0, 2).await?? == [7, 7])?;
    let refused = client.read_holding(60_000, 1).await?;
    check(
        "an address that is not there is refused",
        refused.is_err_and(|e| e.code == 2),
    )?;
    let too_many = client.read_holding(0, 126).await;
    check(
        "too long a question is not sent",
        matches!(too_many, Err(ClientError::Request(_))),
    )?;
    // Another unit on the same line.
    let other = match link.clone() {
        Link::Tcp {
            address, protocol, ..
        } => Link::Tcp {
            address,
            protocol,
            unit: 2,
            manner: Manner::default(),
        },
        Link::Serial {
            path,
            baud,
            format,
            protocol,
            ..
        } => Link::Serial {
            path,
            baud,
            format,
            protocol,
            unit: 2,
            manner: Manner::default(),
        },
    };
    let mut second = Client::new(line, &other, Duration::s(1)).writing(Writable::everything());
    second.write_register(0, 4321).await??;
    let both = (
        client.read_holding(0, 1).await??,
        second.read_holding(0, 1).await??,
    );
    check("two units share the line", both == (vec![99], vec![4321]))?;
    for n in 0..200_u16 {
        client.write_register(20, n).await??;
        if client.read_holding(20, 1).await?? != [n] {
            return check("200 exchanges in a row", false);
        }
    }
    check("200 exchanges in a row", true)
}
