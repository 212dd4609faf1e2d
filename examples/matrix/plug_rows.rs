//! Rows L11 to L13: plugs that are pulled and swapped, and sockets whose peer is gone or slow.

use super::bench::{Bench, Fate};
use super::link_rows::stale;
use super::subjects::Subject;
use super::tally::Tally;
use plated::clock::Clock;
use plated::link::{Exchange, Framing, Line, LineError};
use plated::rig::{LineProtocol, Link, Manner};
use plated::units::Duration;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// L11: the plug is pulled in the middle of anything, for half a second to half a minute.
pub fn unplugged(count: u64, seed: u64) -> Tally {
    let mut tally = Tally::default();
    let all = Subject::ALL.len() as u64;
    for subject in Subject::ALL {
        let truth = subject.truth();
        let risks = [500, 1_900, 5_000, 30_000]
            .map(|ms| subject.risk(&format!("\"unplugged\", for_ms = {ms}"), 0.01));
        let mut felt = 0;
        let mut round = 0;
        while felt < count.div_ceil(all) {
            let seed = seed.wrapping_mul(1_000_003).wrapping_add(round);
            round += 1;
            let mut one = Tally::default();
            if let Some(mut bench) = subject.ready(&risks, seed) {
                pulled(subject, &mut bench, &truth, seed, &mut one);
                one.faults = bench.planted();
            } else {
                one.unready += 1;
                one.faults = 1;
            }
            felt += one.faults;
            tally.add(one);
            if round > 50 + 20 * count {
                tally.wrong("not felt", format!("{subject:?}: {felt} faults in {round} seeds"));
                break;
            }
        }
    }
    tally
}

fn pulled(subject: Subject, bench: &mut Bench, truth: &[Vec<String>], seed: u64, tally: &mut Tally) {
    for (action, expected) in subject.cycle().iter().zip(truth).cycle().take(40) {
        let fate = bench.drive(action);
        let happened = bench.happened();
        tally.actions += 1;
        let case = || {
            format!(
                "{subject:?} seed {seed}, {}: {happened:?}, {fate:?}",
                action.name()
            )
        };
        match &fate {
            Fate::Done(_) if happened != *expected && tally.actions > 2 => {
                return tally.wrong("double or missing", case());
            }
            Fate::Done(done) => {
                if let Some(wrong) = stale(bench, done) {
                    return tally.wrong("stale", wrong);
                }
            }
            // A plug does not make an instrument forget.
            Fate::Asked(_) | Fate::Refused(_) => return tally.wrong("not done", case()),
        }
    }
}

/// L12: the cables of two instruments are swapped, before they are known and after.
pub fn swapped(count: u64, seed: u64) -> Tally {
    let mut tally = Tally::default();
    let pairs = [
        ("mover", "incubator"),
        ("mover", "handler"),
        ("handler", "incubator"),
        ("reader", "mover"),
        ("reader", "reader-2"),
    ];
    for round in 0..count {
        let (one, other) = pairs
            .get(usize::try_from(round).unwrap_or(0) % pairs.len())
            .copied()
            .unwrap_or(("mover", "handler"));
        let mut bench = Bench::of(&super::bench::with_second_reader(seed + round), one);
        let known = round % 2 == 0;
        if known {
            for name in [one, other] {
                if let Err(failure) = bench.identify(name) {
                    tally.wrong("refused before", format!("{name}: {failure}"));
                }
            }
        }
        if let Err(error) = bench.sim().swap(one, other) {
            tally.wrong("not swapped", error.to_string());
        }
        tally.faults += 1;
        for name in [one, other] {
            tally.actions += 1;
            match bench.identify(name) {
                Err(failure) if names(&failure.message, name, one, other) => tally.refused += 1,
                Err(failure) => tally.wrong("not named", format!("{one} and {other}, {name}: {failure}")),
                Ok(model) => tally.wrong("not refused", format!("{one} and {other}, {name}: {model}")),
            }
        }
        if let Err(error) = bench.sim().swap(one, other) {
            tally.wrong("not swapped", error.to_string());
        }
        for name in [one, other] {
            if let Err(failure) = bench.identify(name) {
                tally.wrong("refused after", format!("{name}: {failure}"));
            }
        }
    }
    tally
}

/// Whether a refusal names who was meant and, where the other can be known by what it says, who is there.
fn names(message: &str, meant: &str, one: &str, other: &str) -> bool {
    let there = if meant == one { other } else { one };
    // An instrument that speaks another protocol says nothing that could be understood.
    let tells = there.starts_with("reader") && meant.starts_with("reader");
    message.contains(&format!("\"{meant}\"")) && (!tells || message.contains(&format!("\"{there}\"")))
}

/// L13: a peer that never answers, one that resets, and one that sends a byte a second, in turn; then one that answers.
/// Threads and open files must be as many afterwards as before.
pub fn sockets(count: u64, seed: u64) -> Tally {
    let mut tally = Tally::default();
    // The first runtime of a program opens files for signals that stay until its end.
    drop(tokio::runtime::Builder::new_current_thread().enable_io().build());
    let before = (open_files(), threads());
    {
        let listener = TcpListener::bind("127.0.0.1:0");
        let Ok(listener) = listener else {
            tally.wrong("no socket", "127.0.0.1".into());
            return tally;
        };
        let address = listener.local_addr().map(|a| a.to_string()).unwrap_or_default();
        let peers = std::thread::spawn(move || answer_badly(&listener));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build();
        let Ok(runtime) = runtime else {
            tally.wrong("no runtime", String::new());
            return tally;
        };
        let local = tokio::task::LocalSet::new();
        let link = Link::Tcp {
            address: address.clone(),
            protocol: LineProtocol::ModbusTcp,
            unit: 1,
            manner: Manner::default(),
        };
        let each = count.div_ceil(50).max(1);
        local.block_on(&runtime, async {
            let lines: Vec<_> = (0..count.min(50))
                .map(|_| tokio::task::spawn_local(one_line(link.clone(), each)))
                .collect();
            for line in lines {
                match line.await {
                    Ok(one) => tally.add(one),
                    Err(error) => tally.wrong("panic", error.to_string()),
                }
            }
        });
        drop(local);
        drop(runtime);
        // The last guest tells the peers that it is over.
        if let Ok(mut last) = TcpStream::connect(&address) {
            let _ = last.write_all(b"end");
        }
        let _ = peers.join();
    }
    std::thread::sleep(std::time::Duration::from_millis(300));
    let after = (open_files(), threads());
    // Among other tests, files and threads come and go.
    let alone = count >= 200;
    if alone && (after.0 > before.0 || after.1 > before.1) {
        tally.wrong(
            "left over",
            format!("files and threads {before:?} before, {after:?} after"),
        );
    }
    let _ = seed;
    tally
}

async fn one_line(link: Link, exchanges: u64) -> Tally {
    let mut tally = Tally::default();
    let line = Line::to(&link, Clock::wall());
    for n in 0..exchanges {
        tally.actions += 1;
        tally.faults += 1;
        let request = n.to_be_bytes();
        let whole = move |heard: &[u8]| match heard.get(..8) {
            Some(answer) if answer == request => Framing::Frame(8),
            Some(_) => Framing::Junk(8),
            None => Framing::Incomplete,
        };
        let exchange = Exchange::new(request, Duration::ms(250), whole);
        match line.exchange(exchange).await {
            Ok(_) => {}
            Err(LineError::NoAnswer { .. } | LineError::Broken { .. } | LineError::Open(_)) => {
                tally.refused += 1
            }
            Err(error) => tally.wrong("another error", error.to_string()),
        }
    }
    tally
}

/// Accepts until somebody says `end`; every peer treats its guest in another way, by turns.
fn answer_badly(listener: &TcpListener) {
    let mut kept = Vec::new();
    for (stream, turn) in listener.incoming().flatten().zip(0_u64..) {
        let mut stream = stream;
        let mut first = [0; 3];
        // Every guest begins to speak at once.
        if matches!(stream.peek(&mut first), Ok(3)) && &first == b"end" {
            return;
        }
        match turn % 4 {
            // Never answers, stays open.
            0 => kept.push(stream),
            // Closes with bytes unread: the system sends a reset.
            1 => drop(stream),
            // A byte a second, then the end.
            2 => drop(std::thread::spawn(move || {
                let mut request = [0; 8];
                let _ = stream.read_exact(&mut request);
                for byte in request.iter().take(3) {
                    if stream.write_all(&[*byte]).is_err() {
                        return;
                    }
                    std::thread::sleep(std::time::Duration::from_secs(1));
                }
            })),
            // Answers.
            _ => drop(std::thread::spawn(move || {
                let mut request = [0; 8];
                while stream.read_exact(&mut request).is_ok() && stream.write_all(&request).is_ok() {}
            })),
        }
        // A guest that gives up is noticed by those that are kept; they need not be kept for ever.
        if kept.len() > 200 {
            kept.remove(0);
        }
    }
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}
