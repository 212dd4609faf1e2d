use crate::rig::profile::parse;
use crate::source::{Diagnostic, SourceFile, render};

const SHAKER: &str = include_str!("../../../../config/profiles/workshop-shaker.toml");

fn problems(text: &str) -> (Vec<Diagnostic>, String) {
    let source = SourceFile {
        name: "profile.toml".into(),
        text: text.into(),
    };
    let (_, found) = parse(&source);
    let shown = render(&found, &[source], false);
    (found, shown)
}

#[test]
fn a_behaviour_that_fits_its_profile_is_accepted() {
    let (found, shown) = problems(SHAKER);
    assert_eq!(found, [], "{shown}");
}

#[test]
fn every_mistake_of_a_behaviour_is_shown_at_its_place() {
    let changes = [
        ("follows = \"target\"", "follows = \"tarket\"", "behaviour-name"),
        ("rate = 0.5", "rate = 0", "out-of-range"),
        (
            "rate = 0.5",
            "rate = 0.5, time_constant = \"9 s\"",
            "behaviour-value",
        ),
        (
            "target = { start = \"room\" }",
            "target = { follows = \"block\" }",
            "behaviour-value",
        ),
        (
            "request = \"T {degrees}\"",
            "request = \"HEAT {degrees}\"",
            "behaviour-unheard",
        ),
        ("set = \"target\"", "set = \"block\"", "behaviour-value"),
        ("answer = \"OK\"", "answer = \"OK {tarket}\"", "behaviour-name"),
        ("{block:.1}", "{block:1}", "template"),
        (
            "temperature = \"block\"",
            "temperature = \"blok\"",
            "behaviour-name",
        ),
        ("answer = \"OK\"", "answer = \"OK\", pause = \"1 s\"", "step-kind"),
        ("keeps = true", "kept = true", "unknown-key"),
    ];
    for (from, to, code) in changes {
        let text = SHAKER.replacen(from, to, 1);
        assert_ne!(text, SHAKER, "{from}");
        let (found, shown) = problems(&text);
        assert!(found.iter().any(|d| d.code == code), "{from}: {shown}");
    }
}
