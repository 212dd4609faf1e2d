//! Answers to every text profile that ships: the first byte chooses the profile, the second the question.

use super::feed;
use plated::drivers::text_profile::{value, wire};
use plated::rig::profile::text::{Checksum, TextProfile};
use plated::rig::profile::{self, Profile};
use plated::source::SourceFile;
use std::sync::LazyLock;

/// Every profile of a folder of the project, by the names of the files.
pub fn shipped() -> Vec<Profile> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/profiles");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    paths.sort();
    let toml = paths
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "toml"));
    let parsed = toml.map(|path| {
        let file = SourceFile {
            name: path.display().to_string().into(),
            text: std::fs::read_to_string(path).unwrap().into(),
        };
        let (profile, found) = profile::parse(&file);
        profile.unwrap_or_else(|| panic!("{found:?}"))
    });
    parsed.collect()
}

static PROFILES: LazyLock<Vec<TextProfile>> =
    LazyLock::new(|| shipped().iter().filter_map(|p| p.text().cloned()).collect());

pub fn profiles(bytes: &[u8]) {
    let [profile, question, sealed, bytes @ ..] = bytes else {
        return;
    };
    let profile = &PROFILES[usize::from(*profile) % PROFILES.len()];
    let questions: Vec<_> = profile.questions.values().collect();
    let Some(question) = questions.get(usize::from(*question) % questions.len().max(1)) else {
        return;
    };
    // What a request would be wrapped in is near to what stands around answers.
    let mut all = bytes.to_vec();
    if sealed & 1 == 1 {
        let text = String::from_utf8_lossy(bytes).into_owned();
        all = wire::wrapped(&profile.line, &text);
        all.extend(wire::checksum(profile.line.checksum.unwrap_or(Checksum::Xor), &all).bytes());
        all.extend(b"\r\n");
    }
    let fits = |text: &[u8]| question.answer.fits(text);
    feed(
        &all,
        |b| wire::framing(&profile.line, b, fits),
        |frame| {
            let wire::Found::Answer(_, text) = wire::first(&profile.line, frame) else {
                return false;
            };
            for refusal in &profile.refusals {
                let _ = refusal.answer.parts(&text);
            }
            value::parts(question, &text).is_some()
        },
    );
}
