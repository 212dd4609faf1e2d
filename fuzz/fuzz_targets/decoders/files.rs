//! Files and messages: profiles, rigs, labware, records, journals, requests of clients, lists, documents of results.

use plated::api::{Answer, RepairOrder, Snapshot, Stop, Submission, TakeUp};
use plated::formats::{ResultDocument, parse_picklist_csv};
use plated::labware::Library;
use plated::link::Recording;
use plated::protocol::{Inputs, build};
use plated::rig::{CalibrationRecord, Rig, VerificationRecord};
use plated::run::Event;
use plated::source::SourceFile;
use plated::{journal, protocol};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::LazyLock;

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile {
        name: name.into(),
        text: text.into(),
    }
}

fn of_project(path: &str) -> String {
    std::fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Files with the profiles that they name.
fn profiles_of(rig: &SourceFile) -> BTreeMap<String, SourceFile> {
    let named = plated::rig::references(rig).profiles.into_iter();
    let read = named.filter_map(|path| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../config");
        let text = std::fs::read_to_string(format!("{folder}/{path}")).ok()?;
        Some((path.clone(), file(&path, &text)))
    });
    read.collect()
}

pub fn profile(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let file = file("profile.toml", text);
    let (profile, found) = plated::rig::profile::parse(&file);
    assert!(profile.is_none() || found.is_empty(), "a profile with problems");
}

pub fn rig(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let file = file("rig.toml", text);
    // Only profiles of the project, so that nothing else is read, whatever a text calls them.
    let wanted = plated::rig::references(&file).profiles;
    let shipped: BTreeMap<String, SourceFile> = SHIPPED
        .iter()
        .filter(|(path, _)| wanted.contains(path))
        .map(|(path, file)| (path.clone(), file.clone()))
        .collect();
    let _ = plated::rig::parse(&file, &shipped);
}

static SHIPPED: LazyLock<BTreeMap<String, SourceFile>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/profiles");
    let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name());
    let read = names.map(|name| {
        let path = format!("profiles/{}", name.to_str().unwrap());
        let text = of_project(&format!("config/{path}"));
        (path.clone(), file(&path, &text))
    });
    read.collect()
});

/// A definition in TOML, or in Opentrons' JSON where it begins like one.
pub fn labware(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let name = if text.trim_start().starts_with('{') {
        "labware.json"
    } else {
        "labware.toml"
    };
    let (library, _) = Library::load(&[file(name, text)]);
    for name in library.names().map(str::to_owned).collect::<Vec<_>>() {
        let labware = library.get(&name).unwrap();
        let _ = format!("{labware:?}");
    }
}

/// Records of calibrations and of verified volumes.
pub fn records(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let file = file("record.toml", text);
    let _ = CalibrationRecord::parse(&file);
    let (record, _) = VerificationRecord::parse(&file);
    if let Some(record) = record {
        // What is written down can be read again.
        let again = self::file("record.toml", &record.to_text());
        assert!(VerificationRecord::parse(&again).0.is_some(), "{}", again.text);
    }
}

/// A journal as it is; or, behind a first byte that is odd, records made of the lines behind it, each with its right hash.
pub fn journal(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    if first & 1 == 0 {
        let recovered = journal::verify(rest);
        assert!(recovered.length <= rest.len() as u64);
        let text = String::from_utf8_lossy(rest);
        let _ = journal::parse_anchors(&text);
        let _ = journal::Death::parse(&text);
        return;
    }
    let mut all = HEAD.to_vec();
    let mut previous = [0_u8; 32];
    for (number, line) in (1_u64..).zip(rest.split(|b| *b == b'\n')) {
        let (version, events) = (u16::from(first >> 1 & 3), u16::from(first >> 3 & 3));
        let mut body = Vec::new();
        body.extend(previous);
        if version > 1 {
            body.extend((number - 1).to_le_bytes());
            body.extend(events.to_le_bytes());
        }
        body.extend(line);
        let length = if version == 1 { body.len() - 32 } else { body.len() };
        let mut record = Vec::new();
        record.extend(u32::try_from(length).unwrap().to_le_bytes());
        record.extend(number.to_le_bytes());
        record.extend((number * 1_000_000).to_le_bytes());
        record.extend(version.to_le_bytes());
        record.extend(body);
        previous = Sha256::digest(&record).into();
        record.extend(previous);
        all.extend(record);
    }
    let recovered = journal::verify(&all);
    assert!(recovered.length <= all.len() as u64);
    if let Ok(text) = std::str::from_utf8(rest) {
        let _ = serde_json::from_str::<Event>(text);
    }
}

/// What a journal begins with.
static HEAD: LazyLock<Vec<u8>> = LazyLock::new(|| b"plated\x00\x01".to_vec());

/// Reads, and whatever could be read is written and read again to the same.
fn both_ways<T: DeserializeOwned + serde::Serialize>(bytes: &[u8]) -> Option<T> {
    let read: T = serde_json::from_slice(bytes).ok()?;
    let once = serde_json::to_string(&read).unwrap();
    let again: T = serde_json::from_str(&once).unwrap_or_else(|e| panic!("{e}: {once}"));
    assert_eq!(once, serde_json::to_string(&again).unwrap());
    Some(read)
}

pub fn api(bytes: &[u8]) {
    let [which, bytes @ ..] = bytes else { return };
    match which % 6 {
        0 => {
            let submission = both_ways::<Submission>(bytes);
            let _ = submission.map(|s| s.fits());
        }
        1 => drop(both_ways::<TakeUp>(bytes)),
        2 => drop(both_ways::<Stop>(bytes)),
        3 => drop(both_ways::<Answer>(bytes)),
        4 => drop(both_ways::<RepairOrder>(bytes)),
        _ => drop(both_ways::<Snapshot>(bytes)),
    }
}

static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/labware");
    let paths = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let files: Vec<SourceFile> = paths
        .filter_map(|path| {
            let text = std::fs::read_to_string(&path).ok()?;
            Some(file(path.to_str().unwrap(), &text))
        })
        .collect();
    Library::load(&files).0
});

/// A protocol of the project with the list that it names, on its rig.
struct Bench {
    rig: Rig,
    protocol: SourceFile,
    list: &'static str,
}

impl Bench {
    fn of(rig: &str, protocol: &str, list: &'static str) -> Self {
        let text = file(rig, &of_project(&format!("config/{rig}")));
        let (rig, found) = plated::rig::parse(&text, &profiles_of(&text));
        Self {
            rig: rig.unwrap_or_else(|| panic!("{found:?}")),
            protocol: file(protocol, &of_project(&format!("protocols/{protocol}"))),
            list,
        }
    }
    fn with(&self, bytes: &[u8]) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return;
        };
        let mut inputs = Inputs::default();
        inputs.files.add(self.list, text.to_owned());
        for path in protocol::wanted(&self.protocol, &inputs) {
            inputs.files.refuse(&path, "it is not there".into());
        }
        let _ = build(&self.protocol, &inputs, &self.rig, &LIBRARY);
    }
}

static PICKS: LazyLock<Bench> =
    LazyLock::new(|| Bench::of("probe-rig.toml", "probe-cherry-pick.toml", "probe-picks.csv"));
static COLONIES: LazyLock<Bench> =
    LazyLock::new(|| Bench::of("pin-rig.toml", "pin-pick.toml", "pin-colonies.csv"));

pub fn lists(bytes: &[u8]) {
    PICKS.with(bytes);
}

pub fn colonies(bytes: &[u8]) {
    COLONIES.with(bytes);
}

/// Pick lists, documents of results and recordings of lines that others hand in.
pub fn documents(bytes: &[u8]) {
    let [which, bytes @ ..] = bytes else { return };
    match which % 3 {
        0 => drop(parse_picklist_csv(bytes)),
        1 => drop(ResultDocument::from_json(bytes)),
        _ => {
            let Ok(text) = std::str::from_utf8(bytes) else {
                return;
            };
            let _ = Recording::parse(text).map(Recording::play);
        }
    }
}
