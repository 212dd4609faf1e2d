use super::*;
use crate::run::Ending;

const MODES: [(&str, Mode); 7] = [
    ("preparing", Mode::Preparing),
    ("running", Mode::Running),
    ("paused", Mode::Paused),
    ("held", Mode::Held),
    ("halted", Mode::Halted),
    ("stopping", Mode::Aborting),
    ("ended", Mode::Ended(Ending::Completed)),
];

fn word(mode: &Mode) -> &'static str {
    MODES.iter().find(|(_, m)| m == mode).unwrap().0
}

fn table() -> String {
    let mut out = String::from("| |");
    for kind in StopKind::ALL {
        out += &format!(" `{}` |", kind.word());
    }
    out += "\n|---|";
    out += &"---|".repeat(StopKind::ALL.len());
    out += "\n";
    for (name, mode) in &MODES {
        out += &format!("| **{name}** |");
        for kind in StopKind::ALL {
            let cell = match transition(mode, kind) {
                Transition::To(to) => word(&to),
                Transition::Already => "as it is",
                Transition::Refused(_) => "refused",
            };
            out += &format!(" {cell} |");
        }
        out += "\n";
    }
    out
}

#[test]
fn the_published_table_is_the_one_in_force() {
    let book = include_str!("../../docs/operations.md");
    let table = table();
    assert!(book.contains(&table), "docs/operations.md lacks:\n{table}");
}

#[test]
fn the_same_order_twice_changes_nothing_the_second_time() {
    for (_, mode) in &MODES {
        for kind in StopKind::ALL {
            if let Transition::To(to) = transition(mode, kind) {
                let again = transition(&to, kind);
                let same = again == Transition::Already || again == Transition::To(to.clone());
                let reset = kind == StopKind::Reset && matches!(again, Transition::Refused(_));
                assert!(same || reset, "{mode:?} {kind:?} {again:?}");
            }
        }
    }
}

#[test]
fn nothing_but_a_reset_and_then_a_person_who_resumes_leads_from_halted_to_running() {
    for kind in StopKind::ALL {
        match transition(&Mode::Halted, kind) {
            Transition::To(to) => assert!(matches!(to, Mode::Held | Mode::Aborting), "{kind:?}"),
            Transition::Already => assert_eq!(kind, StopKind::Halt),
            Transition::Refused(why) => assert!(why.contains("reset")),
        }
    }
}
