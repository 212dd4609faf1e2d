//! What a made twin does by itself, when it jams, and when it loses power.

use super::*;
use crate::{
    fault::Fault,
    instruments::text::bench::{Bench, NAME},
};

/// A press with a hot plate. Its texts end before their sum: STX, text, ETX, two digits.
const PRESS: &str = r#"
[profile]
name = "press"
title = "Press"
kind = "text"
role = "station"
timeout = "1 s"
poll = "1 s"

[line]
request = "\u0002{}\u0003{sum}"
answer = "\u0002{}\u0003{sum}"
checksum = "sum"
resync = "state"

[behaviour]
boots = "2 s"
unknown = "ERR 1"
refused = "ERR {code}"
jammed = [{ set = "press", to = "fault" }, { answer = "JAM" }]

[behaviour.values]
press = { start = "up" }
target = { start = "room" }
hot = { follows = "target", rate = 2 }
ticks = { start = 0 }
cycles = { start = 0, keeps = true }

[[behaviour.on]]
request = "H {degrees}"
steps = [{ set = "target", from = "degrees" }, { answer = "OK" }]

[[behaviour.on]]
request = "P"
steps = [
    { set = "press", to = "down" },
    { set = "cycles", add = 1 },
    { answer = "OK" },
    { pause = "30 s" },
    { set = "press", to = "up" },
    { answer = "DONE" },
]

[[behaviour.on]]
request = "S"
steps = [{ answer = "{press} {ticks} {cycles} {hot:.0}" }]

[[behaviour.on]]
becomes = { of = "hot", least = 60 }
steps = [{ answer = "HOT" }]

[[behaviour.on]]
every = "10 s"
when = { of = "press", is = "down" }
steps = [{ set = "ticks", add = 1 }]
"#;

fn press() -> Bench {
    let entry = "kind = \"profile\"\nnest = \"seat\"";
    Bench::set_up(22.0, entry, |world, instrument, durations, now| {
        let twin = of_profile(world, (NAME, instrument), ("press.toml", PRESS), durations, now);
        twin.unwrap().unwrap()
    })
}

fn framed(text: &str) -> String {
    let body = format!("\u{2}{text}\u{3}");
    let sum = body.bytes().fold(0_u8, |sum, byte| sum.wrapping_add(byte));
    format!("{body}{sum:02X}")
}

/// What it says to a text.
fn say(press: &mut Bench, text: &str) -> String {
    press.say(&framed(text))
}

#[test]
fn a_text_is_whole_when_its_sum_behind_the_end_is_there_and_right() {
    let mut press = press();
    let whole = framed("S");
    let (begin, end) = whole.split_at(whole.len() - 1);
    assert_eq!(press.say(begin), "");
    assert_eq!(press.say(end), framed("up 0 0 22"));
    assert_eq!(press.say("\u{2}S\u{3}00"), "", "a wrong sum is not heard");
    assert_eq!(say(&mut press, "Q"), framed("ERR 1"));
}

#[test]
fn what_becomes_so_is_told_once_and_again_after_it_was_not_so() {
    let mut press = press();
    assert_eq!(say(&mut press, "H 70"), framed("OK"));
    let (heard, after) = press.until_said();
    assert_eq!(heard, framed("HOT"));
    assert!((19.0..19.5).contains(&after), "38 C at 2 C a second: {after}");
    assert_eq!(press.wait(600.0), "", "it stays so");
    say(&mut press, "H 30");
    assert_eq!(press.wait(60.0), "");
    say(&mut press, "H 70");
    assert_eq!(press.wait(60.0), framed("HOT"));
}

#[test]
fn what_is_done_again_and_again_is_left_out_where_its_condition_does_not_hold() {
    let mut press = press();
    press.wait(95.0);
    assert_eq!(say(&mut press, "S"), framed("up 0 0 22"));
    assert_eq!(say(&mut press, "P"), framed("OK"));
    assert_eq!(press.wait(29.0), "");
    assert_eq!(press.wait(2.0), framed("DONE"));
    assert_eq!(say(&mut press, "S"), framed("up 3 1 22"));
}

#[test]
fn jammed_it_takes_its_own_steps_in_place_of_those_that_were_left() {
    let mut press = press();
    press.fault(Fault::Jammed { times: 1 });
    assert_eq!(say(&mut press, "P"), framed("OK"));
    let (heard, after) = press.until_said();
    assert_eq!((heard, after), (framed("JAM"), 30.0));
    assert!(say(&mut press, "S").starts_with("\u{2}fault"));
    assert_eq!(press.wait(100.0), "", "it says nothing of an end that never came");
    let alarm = |event: &crate::ledger::Event| matches!(event, crate::ledger::Event::Alarm { .. });
    assert_eq!(press.events().iter().filter(|event| alarm(event)).count(), 1);
}

#[test]
fn without_power_what_was_under_way_is_gone_and_only_what_is_kept_is_left() {
    let mut press = press();
    say(&mut press, "H 40");
    press.wait(20.0);
    assert_eq!(say(&mut press, "P"), framed("OK"));
    press.wait(15.0);
    press.fault(Fault::PowerCycle);
    assert_eq!(say(&mut press, "S"), "", "it starts, and hears nothing");
    press.wait(3.0);
    assert_eq!(say(&mut press, "S"), framed("up 0 1 22"));
    assert_eq!(press.wait(100.0), "", "the press that was cut short has no end");
}
