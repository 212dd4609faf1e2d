use super::*;
use crate::api::{MapKind, RunState};
use crate::run::StopKind;
use crate::tui::fixture::{map, prompt, snapshot};
use crate::tui::model::Dialog;
use crate::tui::update::{Event, update};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;

fn model(snapshot: Snapshot) -> Model {
    let mut model = Model::default();
    update(&mut model, Event::Snapshot(Box::new(snapshot)));
    model
}

fn drawn(model: &Model, width: u16, height: u16, colour: bool) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test backend");
    terminal
        .draw(|frame| draw(frame, model, Theme { colour }))
        .expect("drawn");
    terminal.backend().clone()
}

#[test]
fn a_run_at_80_by_24() {
    insta::assert_snapshot!(drawn(&model(snapshot()), 80, 24, false));
}

#[test]
fn a_run_at_120_by_40() {
    insta::assert_snapshot!(drawn(&model(snapshot()), 120, 40, false));
}

#[test]
fn a_prompt_at_80_by_24() {
    let mut asked = model(Snapshot {
        prompts: vec![prompt(1), prompt(2)],
        state: RunState::Asking,
        ..snapshot()
    });
    asked.choice = Some(1);
    insta::assert_snapshot!(drawn(&asked, 80, 24, false));
}

#[test]
fn a_question_and_the_help_lie_over_the_rest() {
    let mut model = model(snapshot());
    model.dialog = Some(Dialog(StopKind::Abort));
    insta::assert_snapshot!("dialog", drawn(&model, 80, 24, false));
    model.dialog = None;
    model.help = true;
    insta::assert_snapshot!("help", drawn(&model, 80, 24, false));
}

#[test]
fn a_plate_of_384_at_120_by_40() {
    let maps = vec![map(MapKind::Absorbance, "assay-1", 16, 24)];
    insta::assert_snapshot!(drawn(&model(Snapshot { maps, ..snapshot() }), 120, 40, false));
}

#[test]
fn colours_are_used_only_where_allowed() {
    let coloured = |colour| {
        let backend = drawn(&model(snapshot()), 120, 40, colour);
        backend
            .buffer()
            .content()
            .iter()
            .filter(|c| c.fg != Color::Reset || c.bg != Color::Reset)
            .count()
    };
    assert_eq!(coloured(false), 0);
    assert!(coloured(true) > 3 * 90, "each well is a patch of colour");
}

#[test]
fn wells_have_the_colours_of_their_values() {
    let backend = drawn(&model(snapshot()), 120, 40, true);
    let patches: std::collections::BTreeSet<u8> = backend
        .buffer()
        .content()
        .iter()
        .filter_map(|c| {
            if let Color::Indexed(i) = c.bg {
                Some(i)
            } else {
                None
            }
        })
        .collect();
    let expected = (0..10).map(|s| crate::report::viridis(s).xterm()).collect();
    assert_eq!(patches, expected);
}

#[test]
fn no_size_is_too_small_or_too_large() {
    let mut asked = model(Snapshot {
        prompts: vec![prompt(1)],
        state: RunState::Asking,
        ..snapshot()
    });
    asked.help = true;
    asked.dialog = Some(Dialog(StopKind::Pause));
    for (width, height) in [
        (1, 1),
        (10, 3),
        (40, 12),
        (79, 23),
        (110, 10),
        (200, 60),
        (400, 100),
    ] {
        for colour in [false, true] {
            drawn(&asked, width, height, colour);
            drawn(&Model::default(), width, height, colour);
        }
    }
}
