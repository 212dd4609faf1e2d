use super::*;
use crate::api::MapKind;
use crate::run::StopKind;
use crate::tui::fixture::{map, prompt, snapshot};
use ratatui::crossterm::event::{KeyCode, KeyModifiers};

fn watching(snapshot: Snapshot) -> Model {
    let mut model = Model::default();
    update(&mut model, Event::Snapshot(Box::new(snapshot)));
    model
}

fn press(model: &mut Model, code: KeyCode) -> Vec<Command> {
    update(model, Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn asking(ids: &[u64]) -> Snapshot {
    Snapshot {
        prompts: ids.iter().map(|id| prompt(*id)).collect(),
        state: RunState::Asking,
        ..snapshot()
    }
}

#[test]
fn nothing_is_sent_without_a_yes() {
    let keys = [
        ('p', StopKind::Pause),
        ('h', StopKind::Hold),
        ('a', StopKind::Abort),
        ('H', StopKind::Halt),
    ];
    for (key, kind) in keys {
        let command = Command::Stop { kind };
        let mut model = watching(snapshot());
        assert_eq!(press(&mut model, KeyCode::Char(key)), []);
        assert_eq!(
            press(&mut model, KeyCode::Char(key)),
            [],
            "the same key again is no yes"
        );
        assert_eq!(press(&mut model, KeyCode::Enter), []);
        assert_eq!(press(&mut model, KeyCode::Char('n')), []);
        assert_eq!(
            press(&mut model, KeyCode::Char('y')),
            [],
            "the question was taken back"
        );
        press(&mut model, KeyCode::Char(key));
        assert_eq!(press(&mut model, KeyCode::Char('y')), [command]);
        assert_eq!(press(&mut model, KeyCode::Char('y')), [], "once only");
    }
}

#[test]
fn resume_needs_a_paused_run() {
    let mut model = watching(snapshot());
    press(&mut model, KeyCode::Char('r'));
    assert_eq!((model.dialog, model.notice.is_some()), (None, true));
    let mut model = watching(Snapshot {
        state: RunState::Paused,
        ..snapshot()
    });
    press(&mut model, KeyCode::Char('r'));
    assert_eq!(
        press(&mut model, KeyCode::Char('y')),
        [Command::Stop {
            kind: StopKind::Resume
        }]
    );
}

#[test]
fn an_ended_or_lost_run_takes_no_commands() {
    let mut model = watching(Snapshot {
        state: RunState::Ended,
        ..snapshot()
    });
    press(&mut model, KeyCode::Char('a'));
    assert_eq!(press(&mut model, KeyCode::Char('y')), []);
    let mut model = watching(asking(&[1]));
    update(&mut model, Event::Lost);
    press(&mut model, KeyCode::Char('a'));
    assert_eq!(model.dialog, None);
    press(&mut model, KeyCode::Char('1'));
    assert_eq!(press(&mut model, KeyCode::Enter), []);
}

#[test]
fn a_prompt_is_answered_by_marking_and_sending() {
    let mut model = watching(asking(&[7]));
    assert_eq!(press(&mut model, KeyCode::Enter), [], "nothing is marked");
    assert_eq!(press(&mut model, KeyCode::Char('2')), [], "marking sends nothing");
    assert_eq!(
        press(&mut model, KeyCode::Enter),
        [Command::Answer { prompt: 7, choice: 1 }]
    );
    assert_eq!(press(&mut model, KeyCode::Enter), [], "one answer is enough");
    update(&mut model, Event::NotSent);
    assert_eq!(
        press(&mut model, KeyCode::Enter),
        [Command::Answer { prompt: 7, choice: 1 }]
    );
}

#[test]
fn an_answer_never_goes_to_a_prompt_that_came_meanwhile() {
    let mut model = watching(asking(&[7]));
    press(&mut model, KeyCode::Char('1'));
    update(&mut model, Event::Snapshot(Box::new(asking(&[8]))));
    assert_eq!(press(&mut model, KeyCode::Enter), []);
    press(&mut model, KeyCode::Right);
    assert_eq!(
        press(&mut model, KeyCode::Enter),
        [Command::Answer { prompt: 8, choice: 0 }]
    );
}

#[test]
fn arrows_and_o_go_round() {
    let mut model = watching(asking(&[7, 9]));
    for expected in [0, 1, 0] {
        press(&mut model, KeyCode::Right);
        assert_eq!(model.choice, Some(expected));
    }
    press(&mut model, KeyCode::Left);
    assert_eq!(model.choice, Some(1));
    press(&mut model, KeyCode::Char('o'));
    assert_eq!((model.prompt, model.choice), (Some(9), None));
    press(&mut model, KeyCode::Char('o'));
    assert_eq!(model.prompt, Some(7));
    press(&mut model, KeyCode::Char('9'));
    assert_eq!(model.choice, None, "there is no ninth answer");
}

#[test]
fn the_map_stays_on_the_plate_that_is_looked_at() {
    let mut model = watching(snapshot());
    press(&mut model, KeyCode::Tab);
    let mut newer = snapshot();
    newer.maps.insert(0, map(MapKind::Absorbance, "assay-0", 8, 12));
    update(&mut model, Event::Snapshot(Box::new(newer)));
    assert_eq!(model.shown_map().map(|m| m.plate.as_str()), Some("assay-2"));
    press(&mut model, KeyCode::BackTab);
    assert_eq!(model.shown_map().map(|m| m.plate.as_str()), Some("assay-1"));
    for _ in 0..4 {
        press(&mut model, KeyCode::Tab);
    }
    assert_eq!(model.map, 1, "round once");
}

#[test]
fn leaving_asks_nothing_of_the_run() {
    let mut model = watching(snapshot());
    assert_eq!(press(&mut model, KeyCode::Char('q')), []);
    assert!(model.quit);
    let mut model = watching(snapshot());
    update(
        &mut model,
        Event::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)),
    );
    assert!(model.quit);
}

#[test]
fn what_instruments_say_cannot_steer_the_terminal() {
    let attack = "\u{1b}]52;c;AAAA\u{7}\u{9b}2J\u{202e}";
    let mut hostile = asking(&[1]);
    hostile.run = attack.to_owned();
    hostile.log.iter_mut().for_each(|l| l.text = attack.to_owned());
    hostile
        .plates
        .iter_mut()
        .for_each(|p| p.barcode = Some(attack.to_owned()));
    hostile
        .prompts
        .iter_mut()
        .for_each(|p| p.choices.push(attack.to_owned()));
    let model = watching(hostile);
    let text = serde_json::to_string(model.snapshot.as_ref().expect("taken")).expect("plain data");
    assert!(
        !text.contains("\\u00") && !text.contains(['\u{1b}', '\u{9b}', '\u{7}', '\u{202e}']),
        "{text}"
    );
}
