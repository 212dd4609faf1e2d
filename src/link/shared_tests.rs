//! Several devices on one line: who goes first, who waits for whose silence, what comes back of what was sent.

use super::*;
use crate::clock::Clock;
use crate::link::{Exchange, Framing, LineError, Settings};
use crate::units::{Duration, Timestamp};
use std::cell::RefCell;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// What devices were asked, and at which millisecond.
type Asked = Rc<RefCell<Vec<(u64, String)>>>;

async fn local<F: Future>(test: F) -> F::Output {
    tokio::task::LocalSet::new().run_until(test).await
}

/// Asks a device whose name is a letter for a digit: "a1", answered by "a1" and a dot.
fn ask(text: &str) -> Exchange {
    let wanted = format!("{text}.").into_bytes();
    let request = text.as_bytes().to_vec();
    let device = request[0];
    Exchange::new(request, Duration::ms(300), move |received| {
        if received.starts_with(&wanted) {
            Framing::Frame(wanted.len())
        } else if wanted.starts_with(received) {
            Framing::Incomplete
        } else {
            Framing::Junk(1)
        }
    })
    .device(device)
}

/// A line to devices that answer after so many milliseconds, those in capitals not at all; what they were asked, and when.
fn bus(answer_ms: u64, change: impl FnOnce(&mut Settings)) -> (Line, Asked, Clock) {
    let clock = Clock::virtual_time(Timestamp::from_us(0));
    let (ours, theirs) = tokio::io::duplex(256);
    let asked: Asked = Rc::default();
    let mut settings = Settings::at("bus");
    change(&mut settings);
    tokio::task::spawn_local(devices(theirs, settings.echo, answer_ms, clock, asked.clone()));
    (Line::over(ours, settings, clock), asked, clock)
}

async fn devices(mut line: DuplexStream, echo: bool, answer_ms: u64, clock: Clock, asked: Asked) {
    let mut request = [0; 2];
    while line.read_exact(&mut request).await.is_ok() {
        if echo {
            line.write_all(&request).await.unwrap();
        }
        let text = String::from_utf8(request.to_vec()).unwrap();
        asked
            .borrow_mut()
            .push((clock.now().as_us() / 1000, text.clone()));
        if text.starts_with(|c: char| c.is_lowercase()) {
            tokio::time::sleep(std::time::Duration::from_millis(answer_ms)).await;
            line.write_all(format!("{text}.").as_bytes()).await.unwrap();
        }
    }
}

fn texts(asked: &Asked) -> Vec<String> {
    asked.borrow().iter().map(|(_, text)| text.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn commands_go_before_looks_and_wait_for_at_most_one() {
    local(async {
        let (line, asked, clock) = bus(10, |_| {});
        let mut looks = Vec::new();
        for n in 0..5 {
            let line = line.with_turnaround(Duration::ZERO);
            looks.push(tokio::task::spawn_local(async move {
                let _behind = line.behind();
                line.exchange(ask(&format!("p{n}"))).await.unwrap();
            }));
        }
        clock.sleep(Duration::ms(5)).await;
        let before = clock.now();
        line.exchange(ask("c0")).await.unwrap();
        assert!(
            clock.now().since(before) <= Duration::ms(16),
            "one look and itself"
        );
        for look in looks {
            look.await.unwrap();
        }
        assert_eq!(texts(&asked), ["p0", "c0", "p1", "p2", "p3", "p4"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_look_is_not_forgotten_behind_endless_commands() {
    local(async {
        let (line, asked, _) = bus(10, |_| {});
        let look = line.with_turnaround(Duration::ZERO);
        let look = async {
            let _behind = look.behind();
            look.exchange(ask("p0")).await.unwrap();
        };
        let commands = |name: &'static str| {
            let line = line.clone();
            async move {
                for _ in 0..40 {
                    line.exchange(ask(name)).await.unwrap();
                }
            }
        };
        tokio::join!(commands("a0"), commands("b0"), look);
        let at = texts(&asked).iter().position(|text| text == "p0").unwrap();
        assert!(at <= 18, "{at}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_device_that_wants_silence_gets_it_from_everybody() {
    local(async {
        let (line, asked, _) = bus(10, |_| {});
        let slow = line.with_turnaround(Duration::ms(40));
        slow.exchange(ask("s0")).await.unwrap();
        line.exchange(ask("a0")).await.unwrap();
        line.exchange(ask("b0")).await.unwrap();
        let times: Vec<u64> = asked.borrow().iter().map(|(at, _)| *at).collect();
        // Ten to the answer, forty of silence; then none.
        assert_eq!(times, [0, 50, 60]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_device_is_waited_out_by_itself_alone() {
    local(async {
        let (line, asked, _) = bus(10, |_| {});
        assert!(matches!(
            line.exchange(ask("X0")).await,
            Err(LineError::NoAnswer { .. })
        ));
        line.exchange(ask("a0")).await.unwrap();
        assert!(line.exchange(ask("X1")).await.is_err());
        let times: Vec<u64> = asked.borrow().iter().map(|(at, _)| *at).collect();
        // Given up after 300: the other is asked at once, the silent one a second after it was given up.
        assert_eq!(times[..2], [0, 300]);
        assert!((1_300..1_400).contains(&times[2]), "{times:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_comes_back_and_is_no_answer() {
    local(async {
        let (line, asked, _) = bus(10, |s| s.echo = true);
        // Without care the echo of the second would pass for its answer.
        let same = |text: &'static str| {
            Exchange::new(text, Duration::ms(300), move |received| match received {
                [_, _, b'.', ..] => Framing::Frame(3),
                [_, _, _, ..] => Framing::Junk(1),
                _ => Framing::Incomplete,
            })
        };
        for _ in 0..3 {
            assert_eq!(line.exchange(ask("a0")).await.unwrap(), b"a0.");
            assert_eq!(line.exchange(same("b1")).await.unwrap(), b"b1.");
        }
        assert_eq!(asked.borrow().len(), 6);
        let silent = line.exchange(ask("X0")).await.unwrap_err();
        assert_eq!(silent.to_string(), "no answer from bus");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_echo_that_is_not_what_was_sent_ends_the_exchange() {
    local(async {
        let clock = Clock::virtual_time(Timestamp::from_us(0));
        let (ours, mut theirs) = tokio::io::duplex(256);
        let mut settings = Settings::at("bus");
        settings.echo = true;
        let line = Line::over(ours, settings, clock);
        tokio::task::spawn_local(async move {
            let mut request = [0; 2];
            for (echo, answer) in [("a1", "a1."), ("aq", "a1."), ("", "b1."), ("a1", "a1.")] {
                theirs.read_exact(&mut request).await.unwrap();
                theirs.write_all(echo.as_bytes()).await.unwrap();
                theirs.write_all(answer.as_bytes()).await.unwrap();
            }
            std::future::pending::<()>().await;
        });
        assert_eq!(line.exchange(ask("a1")).await.unwrap(), b"a1.");
        for _ in 0..2 {
            let error = line.exchange(ask("a1")).await.unwrap_err();
            assert!(error.sent() && matches!(error, LineError::Echo { .. }), "{error}");
        }
        assert_eq!(line.exchange(ask("a1")).await.unwrap(), b"a1.");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn several_requests_are_on_their_way_and_answers_come_in_any_order() {
    local(async {
        let clock = Clock::virtual_time(Timestamp::from_us(0));
        let (ours, mut theirs) = tokio::io::duplex(256);
        let mut settings = Settings::at("bus");
        settings.in_flight = 3;
        let line = Line::over(ours, settings, clock);
        let most: Rc<RefCell<Vec<String>>> = Rc::default();
        let seen = most.clone();
        tokio::task::spawn_local(async move {
            let mut buffer = [0; 64];
            loop {
                // Whatever has come is answered backwards, in one piece; the request "d1" never is.
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                let Ok(n @ 2..) = theirs.read(&mut buffer).await else {
                    return;
                };
                let text = String::from_utf8(buffer[..n].to_vec()).unwrap();
                seen.borrow_mut().push(text.clone());
                let requests: Vec<&[u8]> = buffer[..n].chunks(2).collect();
                for request in requests.into_iter().rev().filter(|r| *r != b"d1") {
                    theirs.write_all(&[request, b"."].concat()).await.unwrap();
                }
            }
        });
        let one = |text: &'static str| {
            let line = line.clone();
            async move { line.exchange(ask(text)).await }
        };
        let (a, b, c, d, e, f) =
            tokio::join!(one("a1"), one("b1"), one("c1"), one("d1"), one("e1"), one("f1"));
        for (answer, wanted) in [(a, "a1."), (b, "b1."), (c, "c1."), (e, "e1."), (f, "f1.")] {
            assert_eq!(answer.unwrap(), wanted.as_bytes());
        }
        let lost = d.unwrap_err();
        assert!(lost.sent() && matches!(lost, LineError::NoAnswer { .. }));
        assert_eq!(most.borrow()[0], "a1b1c1");
        assert!(most.borrow().iter().all(|t| t.len() <= 6));
        // Nothing is waited out: the late answer would carry another number.
        let before = clock.now();
        assert!(one("g1").await.is_ok());
        assert!(clock.now().since(before) < Duration::ms(50));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn all_that_are_on_their_way_are_lost_with_the_connection() {
    local(async {
        let clock = Clock::virtual_time(Timestamp::from_us(0));
        let (ours, mut theirs) = tokio::io::duplex(256);
        let mut settings = Settings::at("bus");
        settings.in_flight = 4;
        let line = Line::over(ours, settings, clock);
        tokio::task::spawn_local(async move {
            let mut buffer = [0; 64];
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            let _ = theirs.read(&mut buffer).await;
        });
        let (a, b) = tokio::join!(line.exchange(ask("a1")), line.exchange(ask("b1")));
        for lost in [a, b] {
            assert!(matches!(lost, Err(LineError::Broken { .. })));
        }
        assert!(matches!(line.exchange(ask("c1")).await, Err(LineError::Open(_))));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_does_not_answer_is_looked_at_ever_more_rarely_and_the_others_as_before() {
    local(async {
        let (line, asked, clock) = bus(10, |_| {});
        for name in ["X0", "a0"] {
            let look = line.with_turnaround(Duration::ZERO);
            tokio::task::spawn_local(async move {
                let _behind = look.behind();
                loop {
                    let _ = look.exchange(ask(name)).await;
                    clock.sleep(Duration::ms(100)).await;
                }
            });
        }
        clock.sleep(Duration::s(60)).await;
        let asked = texts(&asked);
        let count = |name: &str| asked.iter().filter(|text| *text == name).count();
        // Three tenths of a second in every five, and between these one hundred and ten milliseconds a look.
        assert!((12..18).contains(&count("X0")), "{}", count("X0"));
        assert!(count("a0") > 480, "{}", count("a0"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn one_that_answers_again_is_looked_at_as_often_as_before() {
    local(async {
        let clock = Clock::virtual_time(Timestamp::from_us(0));
        let (ours, theirs) = tokio::io::duplex(256);
        let line = Line::over(ours, Settings::at("bus"), clock);
        let asked: Rc<RefCell<Vec<u64>>> = Rc::default();
        let times = asked.clone();
        tokio::task::spawn_local(async move {
            let mut theirs: DuplexStream = theirs;
            let mut request = [0; 2];
            while theirs.read_exact(&mut request).await.is_ok() {
                times.borrow_mut().push(clock.now().as_us() / 1000);
                if clock.now().as_us() > 5_000_000 {
                    theirs.write_all(b"a0.").await.unwrap();
                }
            }
        });
        let _behind = line.behind();
        while clock.now().as_us() < 20_000_000 {
            let _ = line.exchange(ask("a0")).await;
            clock.sleep(Duration::ms(100)).await;
        }
        let last = asked.borrow();
        let (before, after) = (last[last.len() - 2], last[last.len() - 1]);
        assert!(after - before < 120, "{before} {after}");
    })
    .await;
}
