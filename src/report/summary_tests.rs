use super::*;
use crate::report::fixture::screen;

#[test]
fn a_scientist_finds_quality_hits_map_and_files() {
    insta::assert_snapshot!(summary(
        &screen(0.10).data(),
        "runs/growth-screen-1",
        Colours::Plain
    ));
}

#[test]
fn no_hits_is_said() {
    let text = summary(&screen(0.9).data(), "runs/x", Colours::Plain);
    assert!(
        text.contains("No hits among 80 strains at least 90 % faster than the reference, q < 0.05"),
        "{text}"
    );
}

#[test]
fn lines_are_at_most_100_wide_and_hostile_names_do_nothing() {
    let mut screen = screen(0.10);
    screen.plan.title = format!("\u{1b}[2J{}", "long ".repeat(60));
    screen
        .notes
        .push(format!("\u{9b}31m {} \u{202e}", "word ".repeat(80)));
    screen.notes.push("x".repeat(300));
    let text = summary(&screen.data(), "runs/\u{1b}]0;x\u{7}", Colours::Plain);
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}
