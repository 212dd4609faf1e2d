use super::*;
use crate::clock::Clock;
use crate::link::Settings;
use crate::rig::Manner;
use crate::units::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

fn rtu_link(unit: u8) -> Link {
    Link::Serial {
        path: "bus".into(),
        baud: 19_200,
        format: crate::rig::Format {
            data_bits: 8,
            parity: crate::rig::Parity::Even,
            stop_bits: 1,
        },
        protocol: LineProtocol::ModbusRtu,
        unit,
        manner: Manner::default(),
    }
}

fn tcp_link() -> Link {
    Link::Tcp {
        address: "device:502".into(),
        protocol: LineProtocol::ModbusTcp,
        unit: 1,
        manner: Manner::default(),
    }
}

/// A line whose peer answers each request by what `answer` makes of it.
fn line(link: &Link, mut answer: impl FnMut(&[u8]) -> Vec<u8> + 'static) -> Line {
    let clock = Clock::virtual_time(Timestamp::from_us(0));
    let (ours, mut theirs): (DuplexStream, DuplexStream) = tokio::io::duplex(1024);
    tokio::task::spawn_local(async move {
        let mut buffer = [0; 300];
        while let Ok(n @ 1..) = theirs.read(&mut buffer).await {
            theirs.write_all(&answer(&buffer[..n])).await.unwrap();
        }
    });
    Line::over(ours, Settings::of(link), clock)
}

async fn local<F: Future>(test: F) -> F::Output {
    tokio::task::LocalSet::new().run_until(test).await
}

#[tokio::test(start_paused = true)]
async fn answers_of_others_are_dropped_while_the_timer_runs() {
    local(async {
        let link = rtu_link(7);
        let bus = line(&link, |_| {
            // Noise, another unit, another function, another length, a bad check sum; then the answer, and it twice.
            let mut out = vec![0xFF, 7, 3];
            out.extend(rtu(8, &[3, 2, 0, 1]));
            out.extend(rtu(7, &[4, 2, 0, 2]));
            out.extend(rtu(7, &[3, 4, 0, 3, 0, 3]));
            let mut bad = rtu(7, &[3, 2, 0, 4]);
            bad[3] ^= 1;
            out.extend(bad);
            out.extend(rtu(7, &[3, 2, 0, 5]));
            out.extend(rtu(7, &[3, 2, 0, 6]));
            out
        });
        let mut client = Client::new(bus, &link, Duration::ms(300));
        for _ in 0..5 {
            assert_eq!(client.read_holding(0, 1).await.unwrap(), Ok(vec![5]));
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_write_is_acknowledged_by_its_own_echo_only() {
    local(async {
        let link = rtu_link(7);
        let bus = line(&link, |request| {
            let mut out = request.to_vec();
            out[5] ^= 1;
            let body = out.len() - 2;
            let check = crate::link::modbus::frame::crc(&out[..body]);
            out[body..].copy_from_slice(&check.to_le_bytes());
            out
        });
        let mut client = Client::new(bus, &link, Duration::ms(300)).writing(Writable::everything());
        let error = client.write_register(0, 8).await.unwrap_err();
        assert!(error.sent() && matches!(error, ClientError::Line(LineError::NoAnswer { .. })));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn units_share_a_line() {
    local(async {
        let bus = line(&rtu_link(1), |request| rtu(request[0], &[3, 2, 0, request[0]]));
        let mut clients: Vec<Client> = (1..=3)
            .map(|unit| Client::new(bus.clone(), &rtu_link(unit), Duration::ms(300)))
            .collect();
        for _ in 0..3 {
            for (client, unit) in clients.iter_mut().zip(1..) {
                assert_eq!(client.read_holding(0, 1).await.unwrap(), Ok(vec![unit]));
            }
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn two_frames_in_one_segment_and_a_stale_transaction_do_no_harm() {
    local(async {
        let link = tcp_link();
        let mut last: Vec<u8> = Vec::new();
        let bus = line(&link, move |request| {
            let mut answer = request[..4].to_vec();
            answer.extend([0, 5, 1, 4, 2, 0, request[1]]);
            let mut out = last.clone();
            last.clone_from(&answer);
            out.extend(answer);
            out
        });
        let mut client = Client::new(bus, &link, Duration::ms(300));
        for n in 1..20 {
            assert_eq!(client.read_input(0, 1).await.unwrap(), Ok(vec![n]));
        }
        let busy = line(&link, |request| {
            let mut answer = request[..4].to_vec();
            answer.extend([0, 3, 1, request[7] | 0x80, 6]);
            answer
        });
        let mut client = Client::new(busy, &link, Duration::ms(300)).writing(Writable::everything());
        assert!(client.write_coil(0, true).await.unwrap().unwrap_err().is_busy());
    })
    .await;
}

/// A device on a serial line that answers in order, each request of a register with its address; the answers to the
/// requests that `late` names come so many milliseconds late, and all after them behind them.
fn slow_line(late: fn(u32) -> u64) -> Line {
    slow_line_to(late, true)
}

/// The same, of a device that may not know the echo, and is silent then.
fn slow_line_to(late: fn(u32) -> u64, echoes: bool) -> Line {
    let clock = Clock::virtual_time(Timestamp::from_us(0));
    let (ours, theirs): (DuplexStream, DuplexStream) = tokio::io::duplex(1024);
    let (mut hears, mut says) = tokio::io::split(theirs);
    let (queue, mut waiting) = tokio::sync::mpsc::unbounded_channel();
    tokio::task::spawn_local(async move {
        let mut buffer = [0; 300];
        let mut number = 0;
        while let Ok(n @ 1..) = hears.read(&mut buffer).await {
            number += 1;
            let answer = match buffer[1] {
                8 if !echoes => continue,
                8 => rtu(7, &buffer[1..6]),
                function @ 1..=2 => rtu(7, &[function, 1, 0]),
                function => rtu(7, &[function, 2, buffer[2], buffer[3]]),
            };
            let due = tokio::time::Instant::now() + std::time::Duration::from_millis(late(number));
            queue.send((due, answer)).unwrap();
            assert!(n >= 8);
        }
    });
    tokio::task::spawn_local(async move {
        while let Some((due, answer)) = waiting.recv().await {
            tokio::time::sleep_until(due).await;
            says.write_all(&answer).await.unwrap();
        }
    });
    Line::over(ours, Settings::of(&rtu_link(7)), clock)
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_later_than_every_wait_answers_nothing_else() {
    local(async {
        let mut answered = 0;
        // Later than the wait and the quiet time after it, by various times.
        for late in [1_400, 1_700, 2_500, 3_000, 4_100, 9_000] {
            for lost in 1..4 {
                let bus = match (late, lost) {
                    (1_400, _) => slow_line(|n| if n % 3 == 0 { 1_400 } else { 1 }),
                    (1_700, _) => slow_line(|n| if n % 4 == 1 { 1_700 } else { 1 }),
                    (2_500, _) => slow_line(|n| if n % 3 == 1 { 2_500 } else { 1 }),
                    (3_000, _) => slow_line(|n| if n % 5 == 1 { 3_000 } else { 1 }),
                    (4_100, _) => slow_line(|n| if n % 4 == 2 { 4_100 } else { 1 }),
                    _ => slow_line(|n| if n % 7 == 1 { 9_000 } else { 1 }),
                };
                let mut client = Client::new(bus, &rtu_link(7), Duration::ms(300));
                for address in lost..lost + 40 {
                    if let Ok(Ok(words)) = client.read_holding(address, 1).await {
                        assert_eq!(words, [address], "{late} ms late");
                        answered += 1;
                    }
                }
            }
        }
        assert!(answered > 100, "{answered}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_nobody_allowed_is_not_sent() {
    local(async {
        let link = rtu_link(7);
        let asked = std::rc::Rc::new(std::cell::Cell::new(0));
        let seen = asked.clone();
        let bus = line(&link, move |request| {
            seen.set(seen.get() + 1);
            request.to_vec()
        });
        let may = Writable::nothing().and(TableKind::Holding, Span::new(40, 1));
        let mut client = Client::new(bus, &link, Duration::ms(300)).writing(may);
        assert_eq!(client.write_register(40, 1).await.unwrap(), Ok(()));
        let error = client.write_register(41, 1).await.unwrap_err();
        assert!(!error.sent());
        assert!(
            error
                .to_string()
                .starts_with("holding register 41 may not be written"),
            "{error}"
        );
        assert_eq!(asked.get(), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn neighbours_come_in_one_answer_each_to_whom_it_belongs() {
    local(async {
        let link = rtu_link(7);
        let asked = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
        let seen = asked.clone();
        let bus = line(&link, move |request| {
            let (address, count) = (request[3], request[5]);
            seen.borrow_mut().push((address, count));
            let words = (address..address + count).flat_map(|n| [0, n]);
            let pdu: Vec<u8> = [3, count * 2].into_iter().chain(words).collect();
            rtu(7, &pdu)
        });
        let mut client = Client::new(bus, &link, Duration::ms(300));
        let wanted = [
            Span::new(20, 2),
            Span::new(10, 1),
            Span::new(12, 2),
            Span::new(12, 1),
        ];
        let read = client
            .read_spans(TableKind::Holding, &wanted, 1)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(read, [vec![20, 21], vec![10], vec![12, 13], vec![12]]);
        assert_eq!(*asked.borrow(), [(10, 4), (20, 2)]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_device_says_who_it_is_in_as_many_answers_as_it_needs() {
    local(async {
        let link = rtu_link(7);
        let bus = line(&link, |request| match request[4] {
            0 => rtu(7, &[43, 14, 2, 0x82, 0xFF, 3, 1, 0, 4, b'A', b'c', b'm', b'e']),
            _ => rtu(7, &[43, 14, 2, 0x82, 0, 0, 1, 3, 2, b'o', b'k']),
        });
        let mut client = Client::new(bus, &link, Duration::ms(300));
        let who = client.identify(2).await.unwrap().unwrap();
        assert_eq!(who.objects, [(0, "Acme".to_owned()), (3, "ok".to_owned())]);
        assert_eq!((who.conformity, who.next), (0x82, None));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_device_without_echo_is_in_step_again_by_a_read_of_another_kind() {
    local(async {
        let mut answered = 0;
        for late in [1_400, 2_500, 4_100] {
            let bus = match late {
                1_400 => slow_line_to(|n| if n % 5 == 0 { 1_400 } else { 1 }, false),
                2_500 => slow_line_to(|n| if n % 5 == 0 { 2_500 } else { 1 }, false),
                _ => slow_line_to(|n| if n % 5 == 0 { 4_100 } else { 1 }, false),
            };
            let mut client = Client::new(bus, &rtu_link(7), Duration::ms(300));
            for address in 0..60 {
                if let Ok(Ok(words)) = client.read_holding(address, 1).await {
                    assert_eq!(words, [address], "{late} ms late");
                    answered += 1;
                }
            }
        }
        assert!(answered > 90, "{answered}");
    })
    .await;
}
