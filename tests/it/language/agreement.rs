//! Description and parsers agree on every key of every table, both ways.

use super::problems;
use super::written::{NONSENSE, Writer, every};
use plated::schema::Language;
use plated::source::Diagnostic;
use std::collections::{BTreeMap, BTreeSet};

/// Rounds that write every word, and every pair of cases that can stand beside each other.
fn rounds(language: Language) -> usize {
    if language == Language::Labware { 42 } else { 16 }
}

/// What the parser says that each table may have, by path.
fn told(found: &[Diagnostic]) -> BTreeMap<String, BTreeSet<String>> {
    let mut told = BTreeMap::new();
    for d in found.iter().filter(|d| d.code == "unknown-key") {
        let place = d.message.strip_prefix(&format!("unknown key `{NONSENSE}`"));
        let Some(place) = place else { panic!("{d:?}") };
        let path = place.trim_start_matches(" in `").trim_end_matches('`');
        let help = d.help.as_ref().unwrap();
        let known = help.strip_prefix("known keys here: ").unwrap();
        told.insert(path.to_owned(), known.split(", ").map(str::to_owned).collect());
    }
    told
}

#[test]
fn every_table_has_the_keys_that_its_parser_asks_for() {
    for (word, language) in Language::ALL {
        let mut seen = BTreeSet::new();
        let mut wrong = BTreeSet::new();
        // A table that encloses one with a fault is left early; it is read in another round.
        let (mut left, mut read) = (BTreeSet::new(), BTreeSet::new());
        for round in 0..rounds(language) {
            let mut writer = Writer::new(round, true, false);
            let text = writer.file(language.root());
            let mut told = told(&problems(language, text));
            for (path, (described, asked)) in &writer.tables {
                let Some(known) = told.remove(path) else {
                    left.insert((path.clone(), described.clone()));
                    continue;
                };
                read.insert((path.clone(), described.clone()));
                for key in described.difference(&known) {
                    wrong.insert(format!(
                        "{word}: `{path}.{key}` is described, and not known to the parser"
                    ));
                }
                for key in known
                    .difference(described)
                    .filter(|k| !asked.contains(k.as_str()))
                {
                    wrong.insert(format!(
                        "{word}: `{path}.{key}` is known to the parser, and not described"
                    ));
                }
            }
            assert_eq!(told, BTreeMap::new(), "{word}: tables that nobody wrote");
            seen.append(&mut writer.seen);
        }
        assert_eq!(
            left.difference(&read).collect::<Vec<_>>(),
            Vec::<&_>::new(),
            "{word}: never read to its end"
        );
        assert!(
            wrong.is_empty(),
            "{}",
            wrong.into_iter().collect::<Vec<_>>().join("\n")
        );
        let mut all = BTreeSet::new();
        every(language.root(), &mut all);
        assert_eq!(
            all.difference(&seen).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "{word}"
        );
    }
}

/// Codes of problems with a single value.
const OF_VALUES: [&str; 28] = [
    "unknown-key",
    "missing-key",
    "wrong-type",
    "wrong-length",
    "wrong-order",
    "quantity",
    "out-of-range",
    "name",
    "well",
    "day",
    "tips",
    "correction",
    "policy",
    "delay",
    "motion",
    "program",
    "spectrum",
    "method",
    "step-kind",
    "syntax",
    "parameter-type",
    "layout-names",
    "word-order",
    "register-table",
    "link-protocol",
    "mount",
    "halt",
    "profile-role",
];

#[test]
fn every_example_is_what_the_parser_wants() {
    for (word, language) in Language::ALL {
        for round in 0..rounds(language) {
            for examples in [true, false] {
                let text = Writer::new(round, false, examples).file(language.root());
                let wrong: Vec<_> = problems(language, text)
                    .into_iter()
                    .filter(|d| OF_VALUES.contains(&d.code))
                    // Registers that an example names are others than those that the same file has.
                    .filter(|d| !d.message.ends_with("stored?"))
                    .map(|d| format!("{word}: {}: {} {:?}", d.code, d.message, d.help))
                    .collect();
                assert!(wrong.is_empty(), "{}", wrong.join("\n"));
            }
        }
    }
}

#[test]
fn words_that_are_listed_are_those_of_the_parser() {
    let told = |language, text: &str, code: &str| -> BTreeSet<String> {
        let found = problems(language, text.to_owned());
        let d = found
            .iter()
            .find(|d| d.code == code)
            .unwrap_or_else(|| panic!("{found:?}"));
        let all = format!("{} {}", d.message, d.help.clone().unwrap_or_default());
        let list = all.rsplit([':', ';']).next().unwrap().trim();
        let list = list
            .trim_start_matches("use one of ")
            .trim_start_matches("there are ")
            .trim_end_matches(')');
        list.split(", ").map(|w| w.trim().to_owned()).collect()
    };
    let schema = |language| plated::schema::json_schema(language).to_string();
    let step = "protocol = { name = \"p\" }\nsteps = [{ id = \"a\", do = \"zzzzzzzzzzzz\" }]\n";
    let parameter = "protocol = { name = \"p\" }\nparameters = { a = { type = \"zzzzzzzzzzzz\", default = 1 } }\nsteps = []\n";
    let motion = "protocol = { name = \"p\" }\nsteps = [{ id = \"a\", do = \"pipette\", each = \"x\", pipette = \"y\", moves = [{ zzzzzzzzzzzzz = {} }] }]\n";
    let durations = "[instruments.a.durations]\nzzzzzzzzzzzzzzzzzz = \"1 s\"\n[instruments.a]\nkind = \"ot2\"\n[rig]\nname = \"a\"\n";
    let labware = "[labware]\nkind = \"zzzzzzzzzzzzzz\"\n";
    for (language, text, code) in [
        (Language::Protocol, step, "step-kind"),
        (Language::Protocol, parameter, "parameter-type"),
        (Language::Protocol, motion, "motion"),
        (Language::Rig, durations, "unknown-key"),
        (Language::Labware, labware, "labware-kind"),
    ] {
        let words = told(language, text, code);
        assert!(words.len() > 5, "{words:?}");
        let schema = schema(language);
        for word in words {
            assert!(
                schema.contains(&format!("\"{word}\"")),
                "`{word}` is not described"
            );
        }
    }
}
