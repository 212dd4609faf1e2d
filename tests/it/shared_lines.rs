//! Runs over lines that several instruments share: the same work is done once each, with looks at idle instruments between,
//! with echo, behind a gateway, and when the line fails.

use crate::by_hand::bench_with;
use crate::stations::everything;
use hardware_sim::{Event as Physical, Fault};
use plated::run::Ending;

/// The rig of Modbus stations with mover, sealer and heater-shaker on one serial line, and everything with a socket behind one
/// gateway; all of them are looked at every second while they are idle.
fn shared(text: String) -> String {
    let wired = |link: &str, unit: u8| {
        let before = format!("{link}, protocol = \"modbus_rtu\", unit = {unit} }}");
        let after = format!(
            "{{ serial = \"/dev/ttyUSB1\", baud = 19200, format = \"8E1\", protocol = \"modbus_rtu\", unit = {unit}, \
             echo = true, turnaround = \"4 ms\" }}\nheartbeat = \"1 s\""
        );
        (before, after)
    };
    let behind = |address: &str, unit: u8| {
        let before = format!("{{ tcp = \"{address}:502\", unit = 1 }}");
        let after = format!("{{ tcp = \"gateway:502\", unit = {unit}, in_flight = 4 }}\nheartbeat = \"1 s\"");
        (before, after)
    };
    let serial = |n: u8| format!("{{ serial = \"/dev/ttyUSB{n}\", baud = 19200, format = \"8E1\"");
    let mut text = text;
    for (before, after) in [
        wired(&serial(1), 7),
        wired(&serial(2), 11),
        wired(&serial(3), 12),
        behind("192.168.10.21", 1),
        behind("192.168.10.31", 2),
        behind("192.168.10.32", 3),
    ] {
        assert!(text.contains(&before), "{before}");
        text = text.replace(&before, &after);
    }
    text
}

#[test]
fn everything_is_done_once_over_shared_lines() {
    let bench = bench_with(everything(), shared);
    let (ending, _) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let ledger = bench.simulation.sim().ledger();
    let count = |is: fn(&Physical) -> bool| ledger.iter().filter(|e| is(&e.event)).count();
    let done = [
        count(|e| matches!(e, Physical::Sealed { .. })),
        count(|e| matches!(e, Physical::Spun { .. })),
        count(|e| matches!(e, Physical::Thermocycled { .. })),
        count(|e| matches!(e, Physical::Peeled { .. })),
        count(|e| matches!(e, Physical::Held { .. })),
    ];
    assert_eq!(done, [1; 5]);
}

#[test]
fn a_line_that_fails_is_one_line_for_all_on_it_and_nothing_is_done_twice() {
    let faults: [fn(u32) -> Fault; 5] = [
        |n| Fault::Mute { requests: n },
        |n| Fault::Deaf { requests: n },
        |n| Fault::Garbled { requests: n },
        |n| Fault::Late {
            requests: n,
            by_ms: 900,
        },
        |n| Fault::Noise { requests: n },
    ];
    for fault in faults {
        let bench = bench_with(everything(), shared);
        let sim = bench.simulation.sim().clone();
        let (ending, _) = bench.run_beside(true, Vec::new(), move |desk| async move {
            // Now and then, whoever is asked over it.
            for _ in 0..40 {
                desk.wait(7).await;
                sim.inject("heater-shaker", fault(1)).unwrap();
            }
            desk.answer_the_rest(|q| q.choices[0]).await;
        });
        assert_eq!(ending, Ending::Completed, "{:?}", fault(1));
        bench.assert_sound();
        let ledger = bench.simulation.sim().ledger();
        let sealed =
            |e: &&hardware_sim::Entry| matches!(e.event, Physical::Sealed { .. } | Physical::Peeled { .. });
        assert_eq!(ledger.iter().filter(sealed).count(), 2, "{:?}", fault(1));
        assert!(bench.simulation.sim().struck("mover") > 5);
    }
}

#[path = "../../examples/bus_budget/line.rs"]
mod line;

#[tokio::test(start_paused = true)]
async fn looks_at_eight_devices_add_at_most_one_look_to_a_command() {
    let demo_rig = include_str!("../../config/demo-rig.toml");
    let local = tokio::task::LocalSet::new();
    let figures = local
        .run_until(line::measure(demo_rig, 1_000, 0, 19_200))
        .await
        .unwrap();
    assert!(
        figures.percentile(100) <= figures.look_us,
        "{:?}",
        figures.added_us.last()
    );
    // Twenty-one bytes of eleven bits there and back, and the device's own time.
    assert!(figures.idle_us > 12_000, "{}", figures.idle_us);
    assert!(figures.percentile(50) > 0, "the line was busy");
    assert!(figures.looks_per_s > 3.0, "{}", figures.looks_per_s);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_fast_enough_has_room_for_ten_looks_a_second_at_eight_devices() {
    let demo_rig = include_str!("../../config/demo-rig.toml");
    let local = tokio::task::LocalSet::new();
    let figures = local
        .run_until(line::measure(demo_rig, 1_000, 0, 115_200))
        .await
        .unwrap();
    assert!(figures.looks_per_s > 9.9, "{}", figures.looks_per_s);
    assert!(
        figures.percentile(99) <= figures.look_us,
        "{:?}",
        figures.added_us.last()
    );
}
