use super::*;
use crate::rig::{LineProtocol, Rig, parse};
use crate::source::{Diagnostic, SourceFile};

const RIG: &str = include_str!("../../config/demo-rig.toml");
const INPUTS: &str = r#"
[input_modules.io]
link = { tcp = "192.168.10.30:502" }
poll = "250 ms"
timeout = "250 ms"
silence = "1 s"

[inputs.emergency_stop]
title = "emergency stop"
kind = "emergency_stop"
module = "io"
read = { table = "discrete", address = 0 }

[inputs.deck_door]
title = "deck door"
kind = "interlock"
module = "io"
read = { table = "input", address = 4, bit = 3, safe = "off" }
stops = ["deck"]
"#;

fn read(more: &str) -> (Option<Rig>, Vec<Diagnostic>) {
    let file = |name: &str, text: &str| SourceFile {
        name: name.into(),
        text: text.into(),
    };
    let profiles = [
        (
            "profiles/absorbance-reader.toml",
            include_str!("../../config/profiles/absorbance-reader.toml"),
        ),
        (
            "profiles/plate-mover.toml",
            include_str!("../../config/profiles/plate-mover.toml"),
        ),
    ];
    let profiles = profiles.map(|(path, text)| (path.to_owned(), file(path, text)));
    parse(
        &file("rig.toml", &format!("{RIG}\n{more}")),
        &BTreeMap::from(profiles),
    )
}

#[test]
fn contacts_are_read_with_their_module_and_what_they_stop() {
    let (rig, found) = read(INPUTS);
    assert_eq!(found, []);
    let rig = rig.unwrap();
    let Link::Tcp { protocol, .. } = &rig.input_modules["io"].link else {
        panic!("no socket");
    };
    assert_eq!(*protocol, LineProtocol::ModbusTcp);
    let stop = &rig.inputs["emergency_stop"];
    assert_eq!(stop.stops.len(), rig.instruments.len());
    let on = Contact::Bit {
        table: TableKind::Discrete,
        address: 0,
        bit: 0,
        safe: true,
    };
    assert_eq!(stop.contact, on);
    let door: Vec<&str> = rig.inputs["deck_door"]
        .stops
        .iter()
        .map(InstrumentId::as_str)
        .collect();
    assert_eq!(door, ["handler", "mover"], "who moves in the zone of the deck");
}

#[test]
fn what_would_protect_nobody_is_refused_at_its_place() {
    for (from, to, said) in [
        ("stops = [\"deck\"]", "stops = []", "protects nobody"),
        (
            "stops = [\"deck\"]",
            "stops = [\"dekc\"]",
            "did you mean \"deck\"",
        ),
        (
            "silence = \"1 s\"",
            "silence = \"300 ms\"",
            "would count as silence",
        ),
        ("module = \"io\"", "module = \"iso\"", "did you mean \"io\""),
        ("kind = \"interlock\"", "kind = \"door\"", "no kind of input"),
        (
            "kind = \"interlock\"",
            "kind = \"emergency_stop\"",
            "belongs to an interlock",
        ),
        ("address = 0", "address = 0, bit = 2", "single bits"),
        (
            "[inputs.deck_door]",
            "[inputs.handler]",
            "called \"handler\" already",
        ),
        (
            "read = { table = \"discrete\", address = 0 }",
            "read = { query = \"IN0?\", safe = \"IN0=1\" }",
            "either Modbus or lines of text",
        ),
        (
            "read = { table = \"discrete\", address = 0 }",
            "read = { query = \"IN0?\", safe = \" \" }",
            "silence means open",
        ),
    ] {
        let text = INPUTS.replacen(from, to, 1);
        assert_ne!(text, INPUTS, "{from}");
        let (rig, found) = read(&text);
        assert!(
            rig.is_none() && found.iter().any(|d| d.message.contains(said)),
            "{to}: {found:?}"
        );
    }
}
