//! The instruments over real pseudo-terminals and sockets.

use crate::bench::*;
use hardware_sim::{Sim, SimClock, boot_us, serve};
use rustix::{
    fs::OFlags,
    termios::{OptionalActions, tcgetattr, tcsetattr},
};
use serde_json::json;
use std::{
    fs::OpenOptions,
    io::{ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// One exchange as a plain program would do it: open the device, write, read for a while, close.
fn serial_exchange(path: &Path, request: &[u8], expected: usize) -> Vec<u8> {
    let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOCTTY).bits()).unwrap();
    let mut device = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(flags)
        .open(path)
        .unwrap();
    device.write_all(request).unwrap();
    let mut out = Vec::new();
    let begin = Instant::now();
    while out.len() < expected && begin.elapsed() < Duration::from_secs(5) {
        let mut buffer = [0; 256];
        match device.read(&mut buffer) {
            Ok(count) => out.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(2))
            }
            Err(error) => panic!("{error}"),
        }
    }
    out
}

async fn tcp_exchange(address: &str, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut buffer = vec![0; 4096];
    let count = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut buffer))
        .await
        .unwrap()
        .unwrap();
    buffer.truncate(count);
    buffer
}

#[tokio::test]
async fn all_links_answer_and_clients_come_and_go() {
    on_bench(async {
        let folder = std::env::temp_dir().join(format!("hardware-sim-served-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let ledger = folder.join("ledger.jsonl");
        let clock = SimClock::anchored(START_US, boot_us(), 600.0);
        let sim = Sim::new(&texts(), 1, clock).unwrap().with_ledger_file(&ledger).unwrap();
        let options = serve::Options { base: config(), links: Some(folder.clone()), ..Default::default() };
        let served = serve::serve(&sim, &options).await.unwrap();
        let rig: toml::Table = toml::from_str(&served.rig_text).unwrap();
        let link = |name: &str| rig["instruments"][name]["link"].clone();

        for _ in 0..3 {
            let path = link("incubator")["serial"].as_str().unwrap().to_owned();
            assert_eq!(Path::new(&path), folder.join("incubator"));
            assert!(std::fs::read_link(&path).unwrap().starts_with("/dev/pts/"));
            let answer = tokio::task::spawn_blocking(move || serial_exchange(Path::new(&path), b"ch:bs\r\n", 6)).await.unwrap();
            assert_eq!(answer, b"bs 02\r");
        }
        let path = folder.join("handler");
        let answer = tokio::task::spawn_blocking(move || serial_exchange(&path, b"G28.6 \r\n\r\n", 42)).await.unwrap();
        assert_eq!(answer, b"X:0 Y:0 Z:0 A:0 B:0 C:0 \r\nok\r\nok\r\nok\r\nok\r\n"[..].to_vec());
        let mover = link("mover");
        assert_eq!((mover["unit"].as_integer(), mover["protocol"].as_str(), mover["format"].as_str()), (Some(7), Some("modbus_rtu"), Some("8E1")));
        let path = folder.join("mover");
        let answer = tokio::task::spawn_blocking(move || serial_exchange(&path, &[7, 4, 0, 0, 0, 1, 0x31, 0xac], 7)).await.unwrap();
        assert_eq!(answer[..5], [7, 4, 2, 0x10, 0x04]);

        // The C library refuses parity on a pseudo-terminal where nothing else changes (shown by hand with
        // its tcsetattr): so the speed that one client set must not be there for the next.
        let device = OpenOptions::new().read(true).open(folder.join("mover")).unwrap();
        let mut settings = tcgetattr(&device).unwrap();
        settings.set_speed(19200).unwrap();
        tcsetattr(&device, OptionalActions::Now, &settings).unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(tcgetattr(&device).unwrap().output_speed(), 300);

        let reader = link("reader")["tcp"].as_str().unwrap().to_owned();
        for _ in 0..2 {
            assert_eq!(tcp_exchange(&reader, &[0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, 1]).await, [0, 1, 0, 0, 0, 5, 1, 4, 2, 0x25, 0x80]);
        }
        let operator = rig["operator"]["link"]["tcp"].as_str().unwrap().to_owned();
        let request = json!({"id": 1, "kind": "load", "items": [{"place": "deck-1", "labware": "tiprack-300", "name": "tips-1"}]});
        // Four simulated minutes are 0.4 s at this factor.
        let answer = tcp_exchange(&operator, format!("{request}\n").as_bytes()).await;
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&answer).unwrap(), json!({"id": 1, "answer": "done"}));
        let control = &served.addresses["control"];
        let ask = async |request: &str| -> serde_json::Value {
            serde_json::from_slice(&tcp_exchange(control, format!("{request}\n").as_bytes()).await).unwrap()
        };
        assert_eq!(ask(r#"{"kind":"truth"}"#).await["answer"]["racks"]["tips-1"]["left"], 96);
        assert_eq!(ask(r#"{"kind":"planted"}"#).await["answer"]["strong"], json!([]));
        let fault = ask(r#"{"kind":"fault","instrument":"reader","fault":"deaf","requests":1}"#).await;
        assert_eq!(fault, json!({"answer": "done"}));
        assert!(ask(r#"{"kind":"fault","instrument":"toaster","fault":"power_cycle"}"#).await["error"].is_string());
        let lines = std::fs::read_to_string(&ledger).unwrap();
        let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
        assert_eq!(last["event"], "fault");

        assert_eq!(rig["clock"]["factor"].as_float(), Some(600.0));
        assert_eq!(rig["clock"]["sim_us"].as_integer(), Some(START_US as i64));
        assert!(Path::new(rig["rig"]["labware"].as_str().unwrap()).is_absolute());
        assert!(Path::new(rig["instruments"]["mover"]["profile"].as_str().unwrap()).exists());
        drop(served);
        std::fs::remove_dir_all(&folder).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_pulled_terminal_comes_back_under_another_number_and_the_same_link() {
    on_bench(async {
        let folder = std::env::temp_dir().join(format!("hardware-sim-pulled-{}", std::process::id()));
        let sim = Sim::new(&texts(), 1, SimClock::anchored(START_US, boot_us(), 60.0)).unwrap();
        let options = serve::Options {
            base: config(),
            links: Some(folder.clone()),
            ..Default::default()
        };
        let served = serve::serve(&sim, &options).await.unwrap();
        let mut control = TcpStream::connect(&served.addresses["control"]).await.unwrap();
        let link = folder.join("incubator");
        let ask = |path: std::path::PathBuf| {
            tokio::task::spawn_blocking(move || serial_exchange(&path, b"ch:bs\r\n", 6))
        };
        for _ in 0..5 {
            let number = std::fs::read_link(&link).unwrap();
            assert_eq!(ask(link.clone()).await.unwrap(), b"bs 02\r");
            let pull =
                json!({"kind": "fault", "instrument": "incubator", "fault": "unplugged", "for_ms": 3000});
            control.write_all(format!("{pull}\n").as_bytes()).await.unwrap();
            let mut answer = [0; 64];
            let count = control.read(&mut answer).await.unwrap();
            assert!(String::from_utf8_lossy(&answer[..count]).contains("done"));
            let begin = Instant::now();
            while std::fs::read_link(&link).unwrap() == number {
                assert!(begin.elapsed() < Duration::from_secs(20), "it never came back");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        assert_eq!(ask(link.clone()).await.unwrap(), b"bs 02\r");
        std::fs::remove_dir_all(&folder).unwrap();
    })
    .await;
}
