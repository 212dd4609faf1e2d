use super::*;

fn submission(files: usize, bytes: usize) -> Submission {
    Submission {
        name: "p.toml".into(),
        text: "x".into(),
        parameters: BTreeMap::new(),
        files: (0..files).map(|n| (format!("f{n}"), "y".repeat(bytes))).collect(),
        release: None,
        unreleased: None,
        commissioning: None,
    }
}

#[test]
fn what_is_too_large_is_refused_by_name() {
    assert_eq!(submission(256, 10).fits(), Ok(()));
    assert!(submission(257, 10).fits().unwrap_err().contains("257 files"));
    let large = submission(1, Submission::LARGEST_FILE + 1).fits().unwrap_err();
    assert!(large.starts_with("f0 is larger than 4 MiB"), "{large}");
    assert_eq!(submission(7, Submission::LARGEST_FILE).fits(), Ok(()));
    assert!(submission(9, Submission::LARGEST_FILE).fits().is_err());
}

#[test]
fn a_submission_without_files_is_read_as_before() {
    let text = r#"{"name":"p.toml","text":"x","parameters":{}}"#;
    let read: Submission = serde_json::from_str(text).unwrap();
    assert_eq!(read, submission(0, 0));
}
