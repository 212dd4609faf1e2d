use crate::rig::profile::parse;
use crate::source::{Diagnostic, SourceFile, render};

const SEALER: &str = include_str!("../../../../config/profiles/workshop-sealer.toml");

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
    let (found, shown) = problems(SEALER);
    assert_eq!(found, [], "{shown}");
}

#[test]
fn every_mistake_of_a_behaviour_is_shown_at_its_place() {
    let changes = [
        ("follows = \"target\"", "follows = \"tarket\"", "behaviour-name"),
        ("rate = 2", "rate = 0", "out-of-range"),
        ("rate = 2", "rate = 2, time_constant = \"9 s\"", "behaviour-value"),
        (
            "target = { start = \"room\" }",
            "target = { follows = \"hot\" }",
            "behaviour-value",
        ),
        (
            "request = \"H {degrees}\"",
            "request = \"HEAT {degrees}\"",
            "behaviour-unheard",
        ),
        ("request = \"X\"", "request = \"x\"", "behaviour-unheard"),
        ("set = \"target\", from", "set = \"hot\", from", "behaviour-value"),
        ("from = \"degrees\" }", "from = \"degree\" }", "behaviour-name"),
        ("{hot:.1}", "{hot:1}", "template"),
        ("{hot:.1}", "{hat:.1}", "behaviour-name"),
        ("temperature = \"hot\"", "temperature = \"hat\"", "behaviour-name"),
        ("nest = \"seal\"", "nest = \"weld\"", "unknown-value"),
        (
            "{ cut_short = true }",
            "{ cut_short = true, pause = \"1 s\" }",
            "step-kind",
        ),
        ("keeps = true", "kept = true", "unknown-key"),
    ];
    for (from, to, code) in changes {
        let text = SEALER.replacen(from, to, 1);
        assert_ne!(text, SEALER, "{from}");
        let (found, shown) = problems(&text);
        assert!(found.iter().any(|d| d.code == code), "{from}: {shown}");
    }
}

/// Profiles under `tests/cases/profiles/invalid`, each beside the text that a person sees. `BLESS=1 cargo test` rewrites the texts.
#[test]
fn mistakes_of_behaviours_are_told_as_beside_each_case() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/profiles/invalid");
    let mut codes = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        let (found, shown) = problems(&std::fs::read_to_string(&path).unwrap());
        assert!(!found.is_empty(), "{}: accepted", path.display());
        codes.extend(found.iter().map(|d| d.code));
        let beside = path.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&beside, &shown).unwrap();
        }
        let wanted = std::fs::read_to_string(&beside).unwrap_or_default();
        assert_eq!(shown, wanted, "{}; BLESS=1 rewrites it", path.display());
    }
    let of_behaviours = ["behaviour-name", "behaviour-unheard", "behaviour-value"];
    for code in of_behaviours {
        assert!(codes.contains(code), "no case of {code}");
    }
}
