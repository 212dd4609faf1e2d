//! Reads and writes somebody else's Modbus server with this project's client.
//!
//! Usage: `peer_modbus tcp HOST:PORT UNIT` or `peer_modbus rtu PATH BAUD UNIT`, with `plain` (one unit, input registers hold
//! anything), `rough` (the line fails), `faults` (libmodbus' own unit-test-server, which misbehaves at some addresses), `echo` or
//! `several` behind. The server has 64 coils, discrete inputs and registers of
//! each kind; input registers hold 7, and unit 2 is there, too. Exit code 0 when every answer is right.

use plated::clock::Clock;
use plated::link::modbus::{Client, ClientError, Meaning, Span, Writable};
use plated::link::{Line, LineError};
use plated::rig::profile::modbus::TableKind;
use plated::rig::{Format, LineProtocol, Link, Manner, Parity};
use plated::units::Duration;
use std::error::Error;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What is to be tried.
#[derive(Clone, Copy, PartialEq)]
enum What {
    /// All of it: two units, input registers that hold 7.
    Whole,
    /// One unit, whose input registers hold anything.
    Plain,
    /// A line that loses, garbles and delays: no answer may be wrong, and some must come.
    Rough,
    /// The faults that libmodbus' unit-test-server has at some addresses.
    Faults,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut takes = |word: &str| {
        let before = arguments.len();
        arguments.retain(|argument| *argument != word);
        arguments.len() < before
    };
    let echo = takes("echo");
    let what = match (takes("plain"), takes("rough"), takes("faults")) {
        (true, ..) => What::Plain,
        (_, true, _) => What::Rough,
        (.., true) => What::Faults,
        _ => What::Whole,
    };
    let several = takes("several");
    let manner = Manner {
        echo,
        in_flight: if several { 4 } else { 1 },
        ..Manner::default()
    };
    let link = match arguments.as_slice() {
        ["tcp", address, unit] => Link::Tcp {
            address: (*address).to_owned(),
            protocol: LineProtocol::ModbusTcp,
            unit: unit.parse()?,
            manner,
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
            manner,
        },
        _ => {
            let usage = "usage: peer_modbus tcp HOST:PORT UNIT | rtu PATH BAUD UNIT [plain | rough | faults] [echo] [several]";
            return Err(usage.into());
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let local = tokio::task::LocalSet::new();
    if what == What::Rough {
        return local.block_on(&runtime, rough(&link));
    }
    if what == What::Faults {
        return local.block_on(&runtime, faults(&link));
    }
    local.block_on(&runtime, talk(&link, what, several))
}

fn check(name: &str, right: bool) -> Outcome<()> {
    println!("{} {name}", if right { "PASS" } else { "FAIL" });
    if right {
        Ok(())
    } else {
        Err(format!("{name} failed").into())
    }
}

async fn talk(link: &Link, what: What, several: bool) -> Outcome<()> {
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
    // Others may have been here before.
    client.write_coils(0, vec![false; 16]).await??;
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
    let inputs = client.read_input(0, 2).await??;
    check("read input registers", inputs == [7, 7] || what == What::Plain)?;
    let spans = [Span::new(0, 2), Span::new(4, 1), Span::new(9, 1)];
    let read = client.read_spans(TableKind::Holding, &spans, 4).await??;
    check(
        "neighbours in one request",
        read == [vec![99, 1], vec![65_535], vec![0x17]],
    )?;
    if several {
        // No two are neighbours: as many requests, on their way together.
        let spans: Vec<Span> = (0..30).map(|n| Span::new(n * 2, 1)).collect();
        let whole = client.read_holding(0, 60).await??;
        let apart = client.read_spans(TableKind::Holding, &spans, 0).await??;
        let same = apart.iter().flatten().eq(whole.iter().step_by(2));
        check("thirty requests, four on their way at once", same)?;
    }
    match client.identify(1).await {
        Ok(Ok(who)) => {
            println!("it says {who:?}");
            check("who it is", who.conformity & 0x7F >= 1)?;
        }
        Ok(Err(exception)) => check(
            "it does not say who it is",
            exception.meaning() == Meaning::IllegalFunction,
        )?,
        // libmodbus cannot tell the length of a serial request that it does not know, and is silent.
        Err(ClientError::Line(LineError::NoAnswer { .. })) if what == What::Plain => {
            println!("it does not answer who it is");
        }
        Err(error) => return Err(error.into()),
    }
    let before = client.read_holding(30, 1).await??;
    let mut guarded = Client::new(line.clone(), link, Duration::s(1));
    let refused = guarded
        .write_register(30, before.first().map_or(1, |w| w ^ 1))
        .await;
    let unchanged = client.read_holding(30, 1).await?? == before;
    let forbidden = matches!(refused, Err(ClientError::NotWritable { .. }));
    check("what nobody allowed is not written", forbidden && unchanged)?;
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
    if what == What::Whole {
        two_units(link, &line, &mut client).await?;
    }
    for n in 0..200_u16 {
        client.write_register(20, n).await??;
        if client.read_holding(20, 1).await?? != [n] {
            return check("200 exchanges in a row", false);
        }
    }
    check("200 exchanges in a row", true)
}

/// Another unit on the same line, and one that nobody has.
async fn two_units(link: &Link, line: &Line, client: &mut Client) -> Outcome<()> {
    let with_unit = |unit: u8| {
        let mut other = link.clone();
        match &mut other {
            Link::Tcp { unit: own, .. } | Link::Serial { unit: own, .. } => *own = unit,
        }
        other
    };
    let mut second = Client::new(line.clone(), &with_unit(2), Duration::s(1)).writing(Writable::everything());
    second.write_register(0, 4321).await??;
    let both = (
        client.read_holding(0, 1).await??,
        second.read_holding(0, 1).await??,
    );
    check("two units share the line", both == (vec![99], vec![4321]))?;
    let mut nobody = Client::new(line.clone(), &with_unit(77), Duration::s(1));
    let answer = nobody.read_holding(0, 1).await;
    let silent = matches!(answer, Err(ClientError::Line(LineError::NoAnswer { .. })));
    let refused =
        matches!(&answer, Ok(Err(e)) if !matches!(e.meaning(), Meaning::IllegalValue | Meaning::Busy));
    check("a unit that nobody has does not answer", silent || refused)?;
    check(
        "and the others still do",
        client.read_holding(0, 1).await?? == [99],
    )
}

/// Writes and reads back one number after another over a line that fails: what is read must be what was written last, or may
/// have been.
async fn rough(link: &Link) -> Outcome<()> {
    let line = Line::to(link, Clock::wall());
    let mut client = Client::new(line, link, Duration::ms(250)).writing(Writable::everything());
    let (mut possible, mut answered, mut lost) = (vec![0_u16], 0_u32, 0_u32);
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(20);
    // Whatever was left by others.
    for n in 1..=20_u16 {
        match client.write_register(40, n).await {
            Ok(Ok(())) => possible = vec![n],
            Ok(Err(exception)) => return Err(exception.into()),
            Err(error) if error.sent() => {
                lost += 1;
                possible.push(n);
            }
            Err(_) => lost += 1,
        }
        match client.read_holding(40, 1).await {
            Ok(Ok(words)) if words.iter().all(|w| possible.contains(w)) => {
                answered += 1;
                possible = words;
            }
            Ok(Ok(words)) => return Err(format!("{words:?} was read, {possible:?} could be there").into()),
            Ok(Err(exception)) => return Err(exception.into()),
            Err(_) => lost += 1,
        }
        if std::time::Instant::now() > limit {
            break;
        }
    }
    println!("{answered} right answers, {lost} lost, none wrong");
    check("answers come through a line that fails", answered >= 5)
}

/// What libmodbus' unit-test-server does wrong where it is asked to; after each, its registers still read as they were written.
async fn faults(link: &Link) -> Outcome<()> {
    let tcp = matches!(link, Link::Tcp { .. });
    let line = Line::to(link, Clock::wall());
    let mut client = Client::new(line, link, Duration::ms(300)).writing(Writable::everything());
    let right = [0x022B, 1, 0x64];
    client.write_registers(0x160, right.to_vec()).await??;
    let lost = |answer: &Result<_, ClientError>| {
        matches!(
            answer,
            Err(ClientError::Line(LineError::NoAnswer { .. }) | ClientError::Shape)
        )
    };
    for (name, address, count) in [
        ("busy", 0x170, 1),
        ("the answer of another", 0x171, 1),
        ("an answer after half a second", 0x172, 1),
        ("an answer byte by byte", 0x173, 1),
        ("one word where two were asked for", 0x160, 2),
    ] {
        // It answers byte by byte on a socket alone.
        if address == 0x173 && !tcp {
            continue;
        }
        let answer = client.read_holding(address, count).await;
        println!("  {name}: {answer:?}");
        let fits = match address {
            0x170 => matches!(&answer, Ok(Err(exception)) if exception.meaning() == Meaning::Busy),
            0x173 => matches!(&answer, Ok(Ok(words)) if *words == [0]),
            _ => lost(&answer),
        };
        check(name, fits)?;
        let after = client.read_holding(0x160, 3).await;
        check(
            "and the next answer is its own",
            matches!(&after, Ok(Ok(words)) if *words == right),
        )?;
    }
    // A length of the request that it makes up, and refuses then.
    let refused = client.write_register(0x170, 1).await?;
    check("a refused write is told as such", refused.is_err())?;
    let after = client.read_holding(0x160, 3).await??;
    check("and the next answer is its own", after == right)
}
