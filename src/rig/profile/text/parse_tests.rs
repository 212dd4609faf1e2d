use crate::rig::profile::Test;
use crate::rig::profile::text::{Part, Piece, Step, TextProfile};
use crate::rig::profile::{ArgumentSource, Maturity, Profile, parse};
use crate::source::{Diagnostic, SourceFile, render};

const SHIPPED: &[(&str, &str)] = &[
    ("a4s", include_str!("../../../../config/profiles/a4s.toml")),
    (
        "bioshake",
        include_str!("../../../../config/profiles/bioshake.toml"),
    ),
    (
        "keyence",
        include_str!("../../../../config/profiles/keyence.toml"),
    ),
    (
        "ot-heater-shaker",
        include_str!("../../../../config/profiles/ot-heater-shaker.toml"),
    ),
    (
        "ot-temperature",
        include_str!("../../../../config/profiles/ot-temperature.toml"),
    ),
    (
        "ot-thermocycler-1",
        include_str!("../../../../config/profiles/ot-thermocycler-1.toml"),
    ),
    (
        "ot-thermocycler-2",
        include_str!("../../../../config/profiles/ot-thermocycler-2.toml"),
    ),
    ("huber", include_str!("../../../../config/profiles/huber.toml")),
    ("julabo", include_str!("../../../../config/profiles/julabo.toml")),
    ("lauda", include_str!("../../../../config/profiles/lauda.toml")),
    (
        "mettler-balance",
        include_str!("../../../../config/profiles/mettler-balance.toml"),
    ),
    ("ml600", include_str!("../../../../config/profiles/ml600.toml")),
    (
        "hamilton-heater-shaker",
        include_str!("../../../../config/profiles/hamilton-heater-shaker.toml"),
    ),
    (
        "honeywell",
        include_str!("../../../../config/profiles/honeywell.toml"),
    ),
    ("inheco", include_str!("../../../../config/profiles/inheco.toml")),
    (
        "masterflex",
        include_str!("../../../../config/profiles/masterflex.toml"),
    ),
    (
        "microscan",
        include_str!("../../../../config/profiles/microscan.toml"),
    ),
    (
        "ot-magnetic",
        include_str!("../../../../config/profiles/ot-magnetic.toml"),
    ),
    ("psd4", include_str!("../../../../config/profiles/psd4.toml")),
    ("psd6", include_str!("../../../../config/profiles/psd6.toml")),
    ("xpeel", include_str!("../../../../config/profiles/xpeel.toml")),
];

fn file(text: &str) -> SourceFile {
    SourceFile {
        name: "profile.toml".into(),
        text: text.into(),
    }
}

fn read(text: &str) -> (Option<TextProfile>, Vec<Diagnostic>) {
    let (profile, found) = parse(&file(text));
    (profile.and_then(|p| p.text().cloned()), found)
}

fn shipped(name: &str) -> &'static str {
    SHIPPED.iter().find(|(n, _)| *n == name).unwrap().1
}

#[test]
fn every_shipped_profile_is_read_whole_and_is_named_as_its_file() {
    for (name, text) in SHIPPED {
        let source = file(text);
        let (profile, found) = read(text);
        assert_eq!(found, [], "{name}: {}", render(&found, &[source], false));
        assert_eq!(profile.unwrap().head.name, *name);
    }
}

#[test]
fn a_profile_says_what_stands_around_texts_and_which_step_moves() {
    let (sealer, _) = read(shipped("a4s"));
    let sealer = sealer.unwrap();
    assert_eq!(sealer.line.request, [Part::Text]);
    assert_eq!(
        sealer.line.answers,
        [[
            Part::Bytes(b"\r".to_vec()),
            Part::Text,
            Part::Bytes(b"!\r".to_vec())
        ]]
    );
    assert_eq!(sealer.head.maturity, Maturity::Documents);
    let seal = &sealer.commands["seal"];
    let moving: Vec<bool> = seal
        .steps
        .iter()
        .map(|s| matches!(s, Step::Send { moves: true, .. }))
        .collect();
    assert_eq!(moving, [false, false, false, false, true, false, false]);
    let Step::Send { text, .. } = &seal.steps[1] else {
        panic!()
    };
    assert_eq!(
        *text,
        [
            Piece::Literal("*00DH=".into()),
            Piece::Argument("degrees".into()),
            Piece::Literal("zz!".into())
        ]
    );
    assert_eq!(sealer.arguments["tenths"].from, ArgumentSource::Duration);
    assert!(sealer.questions["status"].send.is_none());
    let Step::Wait { until, .. } = &seal.steps[2] else {
        panic!()
    };
    assert!(matches!(&until.test, Test::Near(name, _) if name == "degrees"));
}

#[test]
fn every_mistake_is_shown_at_its_place_in_one_pass() {
    let changes = [
        ("resync = \"status\"", "resync = \"state\""),
        ("request = \"{}\"", "request = \"{}{sum}\""),
        (
            "from = \"duration\", unit = \"s\"",
            "from = \"duration\", unit = \"ms\"",
        ),
        ("(?<error>\\d+)", "(?<error>\\d+"),
        ("is = \"single_cycle\"", "is = \"one_cycle\""),
        ("{degrees}", "{degree}"),
        (", moves = true }", " }"),
        ("[commands.close_tray]", "[commands.shut_tray]"),
        ("at_rest = {", "resting = {"),
        ("near = \"degrees\", within = 0.5", "near = \"degrees\""),
        ("settings = [\"19200 8N1\"]", "settings = [\"fast\"]"),
    ];
    for (from, to) in changes {
        let text = shipped("a4s").replace(from, to);
        assert_ne!(text, shipped("a4s"), "{from}");
        let (profile, found) = read(&text);
        assert!(profile.is_none() && !found.is_empty(), "{from}");
    }
    let mut text = shipped("a4s").to_owned();
    for (from, to) in changes.iter().filter(|(from, _)| !from.starts_with("(?<error")) {
        text = text.replace(from, to);
    }
    let source = file(&text);
    let (_, found) = read(&text);
    insta::assert_snapshot!(render(&found, &[source], false));
}

#[test]
fn what_must_not_be_done_twice_needs_a_moving_step_and_commanded_evidence_a_sign_of_a_reset() {
    let text = shipped("xpeel").replace(", moves = true }", " }");
    let (_, found) = read(&text);
    assert!(found.iter().any(|d| d.code == "no-moving-step"), "{found:?}");
    let text = shipped("xpeel").replace("evidence = \"measured\"", "evidence = \"commanded\"");
    let (_, found) = read(&text);
    assert!(found.iter().any(|d| d.code == "evidence"), "{found:?}");
}

#[test]
fn no_cut_of_a_profile_makes_the_reader_panic() {
    for (_, text) in SHIPPED {
        for end in (0..text.len()).step_by(11) {
            let _ = parse(&file(text.get(..end).unwrap_or("")));
        }
    }
    assert!(matches!(parse(&file(shipped("xpeel"))).0, Some(Profile::Text(_))));
}

#[test]
fn frames_forms_and_counts_go_only_where_they_belong() {
    let refused = |name: &str, from: &str, to: &str, code: &str| {
        let text = shipped(name).replace(from, to);
        assert_ne!(text, shipped(name), "{from}");
        let (_, found) = read(&text);
        assert!(found.iter().any(|d| d.code == code), "{to}: {found:?}");
    };
    refused("inheco", "unit = 2\n", "", "missing-key");
    refused("inheco", "\"length-crc8\"", "\"length\"", "template");
    refused(
        "inheco",
        "unit = 2\n",
        "unit = 2\nanswer = \"{}\\r\"\n",
        "template",
    );
    refused("microscan", "\"<{}>\"]", "\"<{}\"]", "template");
    refused("microscan", "[\"{}\\r\\n\", \"<{}>\"]", "[]", "template");
    let behaves = "[behaviour]\nboots = \"1 s\"\n\n[identity]";
    refused("inheco", "[identity]", behaves, "template");
    refused("microscan", "[identity]", behaves, "template");
    refused("masterflex", ", moves = true", "", "set-point");
    refused(
        "masterflex",
        "measured = \"count.revolutions\"\n",
        "",
        "set-point",
    );
    refused(
        "masterflex",
        "'\\x06', not_for = 0",
        "'\\x06', not_for = \"0\"",
        "wrong-type",
    );
}
