use super::*;
use crate::link::{BoxStream, OpenError};
use crate::units::Timestamp;
use std::cell::RefCell;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

fn clock() -> Clock {
    Clock::virtual_time(Timestamp::from_us(0))
}

async fn local<F: Future>(test: F) -> F::Output {
    tokio::task::LocalSet::new().run_until(test).await
}

/// An answer is a line that begins like the request.
fn ask(text: &str) -> Exchange {
    let text = text.to_owned();
    let request = format!("{text}\n");
    Exchange::new(request, Duration::ms(500), move |received| {
        let Some(end) = received.iter().position(|b| *b == b'\n') else {
            return Framing::Incomplete;
        };
        if received.starts_with(text.as_bytes()) {
            Framing::Frame(end + 1)
        } else {
            Framing::Junk(end + 1)
        }
    })
}

async fn hear(peer: &mut DuplexStream) -> String {
    let mut line = Vec::new();
    loop {
        let byte = peer.read_u8().await.unwrap();
        line.push(byte);
        if byte == b'\n' {
            return String::from_utf8(line).unwrap();
        }
    }
}

fn pair() -> (Line, DuplexStream, Clock) {
    let clock = clock();
    let (ours, theirs) = tokio::io::duplex(64);
    (Line::over(ours, Settings::at("test"), clock), theirs, clock)
}

#[tokio::test(start_paused = true)]
async fn answers_in_pieces_and_behind_noise_are_found() {
    local(async {
        let (line, mut peer, _) = pair();
        tokio::task::spawn_local(async move {
            loop {
                hear(&mut peer).await;
                for piece in ["noi", "se\na", "=1", "\nleft over"] {
                    peer.write_all(piece.as_bytes()).await.unwrap();
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
            }
        });
        for _ in 0..3 {
            assert_eq!(line.exchange(ask("a")).await.unwrap(), b"a=1\n");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn after_a_timeout_the_line_waits_until_the_lost_answer_has_passed() {
    local(async {
        let (line, mut peer, clock) = pair();
        let asked = Rc::new(RefCell::new(Vec::new()));
        let seen = asked.clone();
        tokio::task::spawn_local(async move {
            hear(&mut peer).await;
            tokio::time::sleep(std::time::Duration::from_millis(900)).await;
            peer.write_all(b"a=old\n").await.unwrap();
            hear(&mut peer).await;
            seen.borrow_mut().push(clock.now());
            peer.write_all(b"a=new\n").await.unwrap();
            std::future::pending::<()>().await;
        });
        let lost = line.exchange(ask("a")).await.unwrap_err();
        assert!(lost.sent() && matches!(lost, LineError::NoAnswer { .. }));
        assert_eq!(lost.to_string(), "no answer from test");
        let given_up = clock.now();
        assert_eq!(line.exchange(ask("a")).await.unwrap(), b"a=new\n");
        let waited = asked.borrow()[0].since(given_up);
        assert!(
            waited >= Duration::s(1) && waited < Duration::ms(1_100),
            "{waited}"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_line_works_again_however_long_after_a_timeout() {
    local(async {
        let (line, mut peer, clock) = pair();
        tokio::task::spawn_local(async move {
            hear(&mut peer).await;
            hear(&mut peer).await;
            peer.write_all(b"a=1\n").await.unwrap();
            std::future::pending::<()>().await;
        });
        assert!(line.exchange(ask("a")).await.is_err());
        clock.sleep(Duration::min(10)).await;
        assert_eq!(line.exchange(ask("a")).await.unwrap(), b"a=1\n");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_line_that_never_falls_silent_is_given_up_unsent() {
    local(async {
        let (line, mut peer, _) = pair();
        tokio::task::spawn_local(async move {
            loop {
                peer.write_all(b"noise\n").await.unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            }
        });
        assert!(
            line.exchange(ask("a"))
                .await
                .unwrap_err()
                .to_string()
                .contains("heard \"noise")
        );
        let babble = line.exchange(ask("a")).await.unwrap_err();
        assert!(matches!(babble, LineError::Babble { .. }) && !babble.sent());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn endless_bytes_do_not_grow_memory() {
    local(async {
        let (line, mut peer, clock) = pair();
        tokio::task::spawn_local(async move { while peer.write_all(&[b'x'; 64]).await.is_ok() {} });
        assert!(line.exchange(ask("a")).await.is_err());
        assert!(
            clock.now() < Timestamp::from_us(600_000),
            "noise ends the exchange before its time"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn whoever_asked_may_go_and_the_line_stays_in_step() {
    local(async {
        let (line, mut peer, clock) = pair();
        tokio::task::spawn_local(async move {
            for answer in ["a=1\n", "a=2\n"] {
                hear(&mut peer).await;
                tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                peer.write_all(answer.as_bytes()).await.unwrap();
            }
            std::future::pending::<()>().await;
        });
        let gone = clock
            .timeout(Duration::ms(250), Duration::ZERO, line.exchange(ask("a")))
            .await;
        assert!(gone.is_err());
        assert_eq!(line.exchange(ask("a")).await.unwrap(), b"a=2\n");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_goes_out_while_an_answer_is_awaited() {
    local(async {
        let (line, mut peer, clock) = pair();
        let second = line.clone();
        tokio::task::spawn_local(async move {
            clock.sleep(Duration::ms(100)).await;
            second.interrupt(&b"stop\n"[..]).await.unwrap();
        });
        let heard = tokio::task::spawn_local(async move {
            let heard = (hear(&mut peer).await, hear(&mut peer).await, clock.now());
            peer.write_all(b"a=1\n").await.unwrap();
            heard
        });
        assert!(line.exchange(ask("a")).await.is_ok());
        let (first, stop, at) = heard.await.unwrap();
        assert_eq!((first.as_str(), stop.as_str()), ("a\n", "stop\n"));
        assert!(at < Timestamp::from_us(110_000));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn every_byte_both_ways_can_be_captured() {
    local(async {
        let seen = Rc::new(RefCell::new(Vec::new()));
        let recorder = seen.clone();
        let settings = Settings {
            capture: Some(Rc::new(move |way, bytes| {
                recorder.borrow_mut().push((way, bytes.to_vec()))
            })),
            ..Settings::at("test")
        };
        let (ours, mut peer) = tokio::io::duplex(64);
        let line = Line::over(ours, settings, clock());
        tokio::task::spawn_local(async move {
            hear(&mut peer).await;
            peer.write_all(b"a=1\n").await.unwrap();
            std::future::pending::<()>().await;
        });
        line.exchange(ask("a")).await.unwrap();
        let expected = [
            (Direction::Sent, b"a\n".to_vec()),
            (Direction::Received, b"a=1\n".to_vec()),
        ];
        assert_eq!(*seen.borrow(), expected);
    })
    .await;
}

/// An opener that fails so many times, then leads to a peer that answers one question and hangs up.
fn flaky(failures: u32) -> (Opener, Rc<RefCell<u32>>) {
    let tried = Rc::new(RefCell::new(0));
    let count = tried.clone();
    let opener: Opener = Box::new(move || {
        *count.borrow_mut() += 1;
        let up = *count.borrow() > failures;
        Box::pin(async move {
            if !up {
                return Err(OpenError::NotThere {
                    path: "/dev/ttyUSB7".into(),
                });
            }
            let (ours, mut theirs) = tokio::io::duplex(64);
            tokio::task::spawn_local(async move {
                hear(&mut theirs).await;
                theirs.write_all(b"a=1\n").await.unwrap();
            });
            Ok(Box::new(ours) as BoxStream)
        })
    });
    (opener, tried)
}

#[tokio::test(start_paused = true)]
async fn a_replugged_device_is_found_again_and_never_taken_for_granted() {
    local(async {
        let (opener, tried) = flaky(3);
        let line = Line::new(opener, Settings::at("/dev/ttyUSB7"), clock());
        assert!(line.exchange(ask("a")).await.is_ok());
        assert_eq!(*tried.borrow(), 4);
        let generation = line.generation();
        // It has hung up: what was meant for the old connection is not sent on the new one.
        let stopped = line.exchange(ask("a").only_in(generation)).await.unwrap_err();
        assert!(
            matches!(stopped, LineError::Reopened { .. }) && !stopped.sent(),
            "{stopped}"
        );
        assert_ne!(line.generation(), generation);
        assert!(line.exchange(ask("a").only_in(line.generation())).await.is_ok());
    })
    .await;
}

/// An opener whose first connection carries nothing, as after a peer's death; the next ones lead to a peer that answers.
fn dead_at_first() -> (Opener, Rc<RefCell<Vec<DuplexStream>>>) {
    let dead: Rc<RefCell<Vec<DuplexStream>>> = Rc::default();
    let kept = dead.clone();
    let opener: Opener = Box::new(move || {
        let (ours, mut theirs) = tokio::io::duplex(4096);
        if kept.borrow().is_empty() {
            kept.borrow_mut().push(theirs);
        } else {
            tokio::task::spawn_local(async move {
                hear(&mut theirs).await;
                theirs.write_all(b"a=1\n").await.unwrap();
                std::future::pending::<()>().await;
            });
        }
        Box::pin(async move { Ok(Box::new(ours) as BoxStream) })
    });
    (opener, dead)
}

#[tokio::test(start_paused = true)]
async fn a_connection_over_which_nothing_answers_any_more_is_opened_anew() {
    local(async {
        let (opener, dead) = dead_at_first();
        let line = Line::new(opener, Settings::at("reader"), clock());
        let mut silent = 0;
        let generation = loop {
            match line.exchange(ask("a")).await {
                Ok(answer) => {
                    assert_eq!(answer, b"a=1\n");
                    break line.generation();
                }
                Err(LineError::NoAnswer { .. }) => silent += 1,
                Err(other) => panic!("{other}"),
            }
            assert!(silent < 20, "it is asked for ever over a dead connection");
        };
        // A new connection, so that whoever asks verifies first who is there.
        assert_eq!((silent, generation), (8, 3));
        assert_eq!(dead.borrow().len(), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn opening_is_given_up_after_two_seconds() {
    local(async {
        let (opener, tried) = flaky(u32::MAX);
        let clock = clock();
        let line = Line::new(opener, Settings::at("/dev/ttyUSB7"), clock);
        let error = line.exchange(ask("a")).await.unwrap_err();
        assert!(!error.sent());
        assert!(
            error
                .to_string()
                .starts_with("the serial port /dev/ttyUSB7 does not exist; check the cable")
        );
        assert_eq!((*tried.borrow(), clock.now().as_us() / 100_000), (8, 17));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn requests_keep_the_silence_that_modbus_demands() {
    let link = |baud| Link::Serial {
        path: "p".into(),
        baud,
        format: crate::rig::Format {
            data_bits: 8,
            parity: crate::rig::Parity::Even,
            stop_bits: 1,
        },
        protocol: LineProtocol::ModbusRtu,
        unit: 1,
        manner: crate::rig::Manner::default(),
    };
    assert_eq!(Settings::of(&link(9_600)).gap, Duration::us(4_011));
    assert_eq!(Settings::of(&link(19_200)).gap, Duration::us(2_006));
    assert_eq!(Settings::of(&link(115_200)).gap, Duration::us(1_750));
}

#[tokio::test]
async fn real_ports_say_what_is_wrong_with_them() {
    let serial = |path: &str| Link::Serial {
        path: path.to_owned(),
        baud: 19_200,
        format: crate::rig::Format {
            data_bits: 8,
            parity: crate::rig::Parity::Even,
            stop_bits: 1,
        },
        protocol: LineProtocol::Native,
        unit: 1,
        manner: crate::rig::Manner::default(),
    };
    let clock = Clock::wall();
    let missing = Port::open(&serial("/dev/no-such-port"), clock)
        .await
        .err()
        .unwrap();
    assert!(matches!(missing, OpenError::NotThere { .. }), "{missing}");
    let controller =
        rustix::pty::openpt(rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY).unwrap();
    rustix::pty::grantpt(&controller).unwrap();
    rustix::pty::unlockpt(&controller).unwrap();
    let name = rustix::pty::ptsname(&controller, Vec::new())
        .unwrap()
        .into_string()
        .unwrap();
    let first = Port::open(&serial(&name), clock).await.unwrap();
    let second = Port::open(&serial(&name), clock).await.err().unwrap();
    assert!(matches!(second, OpenError::InUse { .. }), "{second}");
    drop(first);
    // With parity asked for: a pseudo-terminal refuses that the second time, so it is not asked.
    assert!(Port::open(&serial(&name), clock).await.is_ok());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let tcp = Link::Tcp {
        address,
        protocol: LineProtocol::Native,
        unit: 1,
        manner: crate::rig::Manner::default(),
    };
    let refused = Port::open(&tcp, clock).await.err().unwrap();
    assert!(matches!(refused, OpenError::Refused { .. }), "{refused}");
}
