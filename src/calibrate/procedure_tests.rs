use super::*;
use crate::rig;
use crate::source::SourceFile;
use std::collections::BTreeMap;

fn demo() -> Rig {
    let text = |path: &str| SourceFile {
        name: path.into(),
        text: match path {
            "config/demo-rig.toml" => include_str!("../../config/demo-rig.toml").into(),
            "profiles/plate-mover.toml" => include_str!("../../config/profiles/plate-mover.toml").into(),
            _ => include_str!("../../config/profiles/absorbance-reader.toml").into(),
        },
    };
    let profiles = ["profiles/plate-mover.toml", "profiles/absorbance-reader.toml"];
    let profiles: BTreeMap<_, _> = profiles.map(|p| (p.to_owned(), text(p))).into();
    rig::parse(&text("config/demo-rig.toml"), &profiles).0.unwrap()
}

fn procedure() -> Procedure {
    Procedure::new(&demo(), &InstrumentId::new("handler"), None).unwrap()
}

fn place(reply: &Reply) -> (usize, String, Point) {
    match &reply.course {
        Course::At {
            number,
            nest,
            position,
            ..
        } => (number.0, nest.to_string(), *position),
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_goes_over_the_corners_of_the_deck_at_a_safe_height() {
    let mut procedure = procedure();
    assert_eq!(procedure.pipette().as_str(), "p20-single");
    let first = procedure.begin();
    assert_eq!(place(&first).1, "deck-1");
    let safe = Length::um(170_000);
    assert_eq!(first.moves.first().unwrap().z, safe);
    let mut nests = vec![place(&first).1];
    let mut before = place(&first).2;
    for _ in 0..3 {
        let next = procedure.input(Input::Touch);
        // Up where it is, across while up, and only then down.
        let [up, across, down] = next.moves[..] else {
            panic!("{next:?}")
        };
        assert_eq!(up, Point { z: safe, ..before });
        assert_eq!((across.z, across.x, across.y), (safe, down.x, down.y));
        nests.push(place(&next).1);
        before = place(&next).2;
    }
    assert_eq!(nests, ["deck-1", "deck-3", "deck-9", "deck-10"]);
}

#[test]
fn the_second_point_is_looked_for_where_the_first_was_found() {
    let mut procedure = procedure();
    procedure.begin();
    procedure.input(Input::Finer);
    procedure.input(Input::X(2));
    let next = procedure.input(Input::Touch);
    assert_eq!(place(&next).2.x, Length::um(265_000 + 2_000));
}

#[test]
fn a_jog_far_from_the_point_is_refused() {
    let mut procedure = procedure();
    let begun = place(&procedure.begin()).2;
    let reply = procedure.input(Input::X(3));
    assert!(reply.moves.is_empty());
    assert!(reply.note.unwrap().contains("more than 10 mm"));
    let deep = procedure.input(Input::Z(-7));
    assert!(deep.moves.is_empty(), "15 mm under the deck");
    assert_eq!(place(&procedure.input(Input::Finer)).2, begun);
}

#[test]
fn points_that_do_not_fit_are_refused_and_can_be_touched_again() {
    let mut procedure = procedure();
    procedure.begin();
    for n in 0..4 {
        procedure.input(Input::Finer);
        procedure.input(Input::X(if n == 1 { 4 } else { 0 }));
        procedure.input(Input::Y(n * n));
        let reply = procedure.input(Input::Touch);
        if n == 3 {
            let Course::Refused(why) = reply.course else {
                panic!("{reply:?}")
            };
            assert!(why.contains("250 um is allowed"), "{why}");
        }
    }
    assert_eq!(place(&procedure.begin()).0, 1);
}

#[test]
fn a_person_can_go_back_a_point_or_leave() {
    let mut procedure = procedure();
    procedure.begin();
    procedure.input(Input::Touch);
    assert_eq!(place(&procedure.input(Input::Back)).1, "deck-1");
    let left = procedure.input(Input::Quit);
    assert_eq!(left.course, Course::Left);
    assert_eq!(left.moves.last().unwrap().z, Length::um(170_000));
}
