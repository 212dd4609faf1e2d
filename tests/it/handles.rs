//! A process that has no file handle left: a link that must be opened again then fails with words, nothing is sent, and it goes on
//! once there are handles.

use plated::clock::Clock;
use plated::link::{Exchange, Framing, Line, LineError, Port, Settings};
use plated::rig::{Format, LineProtocol, Link, Manner, Parity};
use plated::units::Duration;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::Command;

/// Address of what echoes, for the process with few handles.
const ECHO: &str = "PLATED_TEST_ECHO";

/// Echoes lines on every connection; after "bye" the connection ends.
fn echo() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut answers = stream.try_clone().unwrap();
                for line in BufReader::new(stream).lines() {
                    let Ok(line) = line else { return };
                    if line == "bye" || answers.write_all(format!("{line}\n").as_bytes()).is_err() {
                        let _ = answers.shutdown(std::net::Shutdown::Both);
                        return;
                    }
                }
            });
        }
    });
    address
}

fn line_of(text: &str) -> Exchange {
    Exchange::new(
        format!("{text}\n").into_bytes(),
        Duration::s(2),
        |heard| match heard.iter().position(|b| *b == b'\n') {
            Some(n) => Framing::Frame(n + 1),
            None => Framing::Incomplete,
        },
    )
}

/// All handles that there are.
fn take_all() -> Vec<File> {
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

async fn without_handles(address: String) {
    let clock = Clock::wall();
    // A terminal whose other end stays here.
    let (terminal, other_end) = tokio_serial::SerialStream::pair().unwrap();
    let path = tokio_serial::SerialPort::name(&other_end).unwrap();
    drop(other_end);
    let serial = Link::Serial {
        path,
        baud: 9600,
        format: Format {
            data_bits: 8,
            parity: Parity::None,
            stop_bits: 1,
        },
        protocol: LineProtocol::Native,
        unit: 1,
        manner: Manner::default(),
    };
    let tcp = Link::Tcp {
        address,
        protocol: LineProtocol::Native,
        unit: 1,
        manner: Manner::default(),
    };
    let mut settings = Settings::of(&tcp);
    settings.open_attempts = 2;
    let line = Line::new(Port::opener(&tcp, clock), settings, clock);
    assert_eq!(line.exchange(line_of("one")).await.unwrap(), b"one\n");
    let generation = line.generation();
    line.exchange(line_of("bye")).await.unwrap_err();
    let taken = take_all();
    assert!(taken.len() < 64, "{}", taken.len());
    for _ in 0..2 {
        let error = line.exchange(line_of("two")).await.unwrap_err();
        assert!(matches!(error, LineError::Open(_)) && !error.sent(), "{error:?}");
        assert!(
            error.to_string().contains("files and connections open"),
            "{error}"
        );
    }
    let error = Port::open(&serial, clock).await.err().unwrap().to_string();
    assert!(error.contains("files and connections open"), "{error}");
    drop(taken);
    assert_eq!(line.exchange(line_of("two")).await.unwrap(), b"two\n");
    assert_ne!(
        line.generation(),
        generation,
        "who is at the other end must be asked again"
    );
    Port::open(&serial, clock).await.unwrap();
    drop(terminal);
}

#[test]
fn a_link_that_cannot_be_opened_again_for_want_of_handles_says_so_and_sends_nothing_until_there_are_some() {
    if let Ok(address) = std::env::var(ECHO) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let local = tokio::task::LocalSet::new();
        return local.block_on(&runtime, without_handles(address));
    }
    let this = std::thread::current().name().unwrap().to_owned();
    let child = Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$0\" --exact \"$1\" --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .arg(this)
        .env(ECHO, echo())
        .output()
        .unwrap();
    let said = [child.stdout, child.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(child.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}
