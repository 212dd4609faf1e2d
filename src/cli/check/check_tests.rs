use super::*;

fn checked(name: &str, diagnostics: Vec<Diagnostic>) -> Checked {
    Checked {
        name: name.into(),
        diagnostics,
        files: vec![SourceFile {
            name: name.into(),
            text: "name = \"µ & <b>\"\nnext = 2\n".into(),
        }],
        sound: None,
        wastes: Vec::new(),
    }
}

fn error(name: &str) -> Diagnostic {
    Diagnostic::error("name", name, 7..17, "\"µ & <b>\" is \u{1b}no name")
        .label("this")
        .help("use letters")
        .other(18..22, "beside this")
}

#[test]
fn json_tells_places_from_one_and_in_characters() {
    let found = [checked(
        "a.toml",
        vec![error("a.toml"), error("a.toml").warning()],
    )];
    let rig = checked("rig.toml", Vec::new());
    let document: serde_json::Value = serde_json::from_str(&json::document(&rig, &found)).unwrap();
    let rows = &document["problems"];
    assert_eq!(
        rows[0],
        serde_json::json!({
            "file": "a.toml", "code": "name", "severity": "error",
            "message": "\"µ & <b>\" is \u{1b}no name",
            "line": 1, "column": 8, "end": { "line": 1, "column": 17 },
            "label": "this", "help": "use letters",
            "others": [{ "line": 2, "column": 1, "end": { "line": 2, "column": 5 }, "text": "beside this" }],
        })
    );
    assert_eq!(rows[1]["severity"], "warning");
    assert_eq!(document["protocols"].as_array().unwrap().len(), 1);
    assert_eq!(document["protocols"][0]["file"], "a.toml");
    assert_eq!(document["protocols"][0]["errors"], 1);
}

#[test]
fn json_tells_how_full_the_wastes_become() {
    let drill = include_str!("../../../protocols/drill.toml");
    let mut source =
        crate::cli::files::read_rig(std::path::Path::new("config/demo-rig.toml"), 0, false).unwrap();
    source.protocol.text = drill.into();
    let assembled = assemble(&source);
    let (planned, found, _) = plan(&source, assembled.rig.as_ref().unwrap(), &assembled.library);
    let (plan, schedule) = planned.unwrap();
    let mut one = checked("drill.toml", found);
    one.wastes = wastes(&plan, &schedule);
    let rig = checked("rig.toml", Vec::new());
    let document: serde_json::Value = serde_json::from_str(&json::document(&rig, &[one])).unwrap();
    let waste = &document["protocols"][0]["wastes"][0];
    assert_eq!(waste["name"], "waste");
    assert!(waste["most"].is_object() || waste["most"].is_number(), "{waste}");
}

/// Names of the elements in order, with their attributes; fails where the text is not well-formed.
fn elements(xml: &str) -> Vec<String> {
    let mut open = Vec::new();
    let mut seen = Vec::new();
    for (n, part) in xml.split('<').enumerate().skip(1) {
        let (tag, text) = part
            .split_once('>')
            .unwrap_or_else(|| panic!("no end of tag {n}: {part}"));
        for entity in text.split('&').skip(1).chain(tag.split('&').skip(1)) {
            let name = entity.split(';').next().unwrap();
            assert!(["amp", "lt", "gt", "quot", "apos"].contains(&name), "{entity}");
        }
        if tag.starts_with('?') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
        } else {
            let name = tag.split(' ').next().unwrap();
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            open.push(name.to_owned());
            seen.push(tag.to_owned());
        }
    }
    assert!(open.is_empty());
    seen
}

#[test]
fn junit_has_a_case_for_each_protocol_and_is_well_formed() {
    let rig = checked("rig.toml", Vec::new());
    let found = [
        checked("good.toml", vec![error("good.toml").warning()]),
        checked("bad & worse.toml", vec![error("bad & worse.toml")]),
    ];
    let text = junit::document(&rig, &found);
    assert!(!text.contains('\u{1b}'), "no character that XML has not");
    let elements = elements(&text);
    let names: Vec<&str> = elements.iter().map(|e| e.split(' ').next().unwrap()).collect();
    assert_eq!(
        names,
        [
            "testsuites",
            "testsuite",
            "testcase",
            "system-out",
            "testcase",
            "failure"
        ]
    );
    assert!(
        elements[1].contains("name=\"rig.toml\" tests=\"2\" failures=\"1\" errors=\"0\""),
        "{}",
        elements[1]
    );
    assert!(
        elements[4].contains("name=\"bad &amp; worse.toml\""),
        "{}",
        elements[4]
    );
    assert!(
        elements[5].contains("type=\"name\" message=\"&quot;µ &amp; &lt;b&gt;&quot;"),
        "{}",
        elements[5]
    );
}

#[test]
fn a_refused_rig_fails_every_case() {
    let rig = checked("rig.toml", vec![error("rig.toml")]);
    let text = junit::document(
        &rig,
        &[checked("a.toml", Vec::new()), checked("b.toml", Vec::new())],
    );
    assert_eq!(
        elements(&text)
            .iter()
            .filter(|e| e.starts_with("failure"))
            .count(),
        2
    );
    assert!(text.contains("failures=\"2\""));
}
