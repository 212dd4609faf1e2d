use super::*;

fn file(text: &str) -> FileText {
    FileText {
        name: "any".into(),
        text: text.into(),
    }
}

fn files(of: &[(&str, &str)]) -> BTreeMap<String, FileText> {
    of.iter().map(|(n, t)| ((*n).to_owned(), file(t))).collect()
}

fn said(state: ReleaseState, sha256: &str) -> ReleaseEntry {
    ReleaseEntry {
        state,
        sha256: sha256.into(),
        by: "A. Person \"the first\"".into(),
        at: "2026-11-24 14:05:09".into(),
        note: Some("three runs\nwith water".into()),
    }
}

#[test]
fn the_fingerprint_is_that_of_the_bytes_with_their_lengths() {
    // printf '\0\0\0\0\0\0\0\003abc' | sha256sum
    assert_eq!(
        fingerprint(&file("abc"), &files(&[])),
        "c3494ca1a2cf8eeb8a11ded316fb55b83c3bbbedb6313cd50415251e5d09e12f"
    );
    let one = fingerprint(&file("p"), &files(&[("a", "bc")]));
    let other = fingerprint(&file("p"), &files(&[("ab", "c")]));
    assert_ne!(one, other, "a byte that moves from name to text is told");
    assert_ne!(one, fingerprint(&file("pa"), &files(&[("", "bc")])));
    let named = FileText {
        name: "elsewhere".into(),
        text: "p".into(),
    };
    assert_eq!(one, fingerprint(&named, &files(&[("a", "bc")])));
}

#[test]
fn any_change_makes_a_draft_and_a_draft_can_be_withdrawn_to() {
    let mut record = ReleaseRecord::default();
    assert_eq!(record.judge("1".into()).in_words(), "draft");
    record.history.push(said(ReleaseState::Released, "1"));
    let released = record.judge("1".into());
    assert_eq!(released.state, ReleaseState::Released);
    assert!(
        released
            .in_words()
            .starts_with("released on 2026-11-24 14:05:09 by A. Person")
    );
    let changed = record.judge("2".into());
    assert_eq!(changed.state, ReleaseState::Draft);
    assert!(
        changed
            .in_words()
            .starts_with("draft: changed since it was released on")
    );
    record.history.push(said(ReleaseState::Validated, "2"));
    assert_eq!(record.judge("2".into()).state, ReleaseState::Validated);
    assert_eq!(record.judge("1".into()).state, ReleaseState::Draft, "superseded");
}

#[test]
fn a_record_is_read_as_it_was_written_and_a_damaged_one_is_refused() {
    let record = ReleaseRecord {
        history: vec![said(ReleaseState::Draft, "1"), said(ReleaseState::Released, "2")],
    };
    let text = record.print().unwrap();
    assert_eq!(ReleaseRecord::parse(&text), Ok(record));
    assert!(ReleaseRecord::parse(&text.replace("released", "released-ish")).is_err());
    assert!(ReleaseRecord::parse(&text.replace("by =", "bye =")).is_err());
}
