use super::*;
use crate::analysis::{compute, fixture};
use crate::plan::Compute;

#[test]
fn nothing_is_lost() {
    let plan = fixture::plan(4);
    let readings = fixture::readings(&plan, 5);
    let mut findings = BTreeMap::new();
    let growth = compute(&fixture::growth_step(&plan), &plan, &readings, &findings).expect("growth");
    findings.insert(StepId::new("growth"), growth);
    let hits = compute(&Compute::Hits(fixture::hits_step()), &plan, &readings, &findings).expect("hits");
    findings.insert(StepId::new("select"), hits);
    let document = ResultDocument::new(plan, readings, findings, vec!["one read came late".to_owned()]);
    let bytes = document.to_json().expect("JSON");
    let back = ResultDocument::from_json(&bytes).expect("our own document");
    assert_eq!(back, document);
    assert_eq!(back.to_json().expect("JSON"), bytes);
}

#[test]
fn other_documents_are_refused() {
    assert!(matches!(
        ResultDocument::from_json(b"{"),
        Err(ResultError::Json(_))
    ));
    let newer = br#"{"format":"plated-result","version":2}"#;
    let told = ResultDocument::from_json(newer)
        .expect_err("a newer version")
        .to_string();
    assert_eq!(
        told,
        "this is \"plated-result\" version 2; this program reads \"plated-result\" version 1"
    );
}
