use super::*;
use crate::plan::{Finding, PlateId};
use crate::report::fixture::screen;

#[test]
fn the_page_shows_plates_hits_curves_and_timeline() {
    let screen = screen(0.10);
    let page = html(&screen.data());
    let hits = screen.findings.values().find_map(|f| match f {
        Finding::Hits { hits, .. } => Some(hits.len()),
        _ => None,
    });
    assert_eq!(page.matches("aria-label=\"growth rates of assay-").count(), 4);
    assert_eq!(page.matches("<circle").count(), 4 * 96);
    assert_eq!(Some(page.matches("aria-label=\"growth of S").count()), hits);
    assert_eq!(page.matches("class=\"planned\"").count(), 100);
    assert_eq!(page.matches("class=\"actual\"").count(), 98);
    assert!(page.contains("Picked strains"));
    assert!(page.contains("<code>b3f1c2</code>"));
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_runs_nothing() {
    let page = html(&screen(0.10).data());
    for outside in [
        "http:", "https:", "src=", "href=", "url(", "<script", "@import", "NaN", "inf\"",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn same_data_same_bytes() {
    assert_eq!(html(&screen(0.10).data()), html(&screen(0.10).data()));
}

#[test]
fn tags_are_balanced() {
    let page = html(&screen(0.10).data());
    for tag in [
        "section", "figure", "svg", "table", "tr", "td", "div", "ul", "li", "p", "text", "title", "dl",
        "main",
    ] {
        let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn hostile_text_stays_text() {
    let mut screen = screen(0.10);
    let attack = "<script>alert('x')</script>\"&\u{1b}[2J\u{202e}";
    screen.plan.title = attack.to_owned();
    screen.notes.push(attack.to_owned());
    screen
        .timeline
        .iter_mut()
        .for_each(|row| row.actor = attack.to_owned());
    if let Some(plate) = screen.plan.plates.get_mut(&PlateId::from("assay-1")) {
        plate.barcode = Some(attack.to_owned());
        plate
            .samples
            .values_mut()
            .for_each(|s| s.strain = Some(attack.into()));
    }
    let page = html(&screen.data());
    assert!(!page.contains("<script"));
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;[2J"));
    assert!(!page.chars().any(|c| c.is_control() && c != '\n') && !page.contains('\u{202e}'));
}

#[test]
fn a_run_without_hits_or_readings_still_has_a_page() {
    assert!(html(&screen(0.9).data()).contains("No hits: nothing was picked."));
    let mut empty = screen(0.9);
    empty.findings.clear();
    empty.readings.clear();
    empty.timeline.clear();
    let page = html(&empty.data());
    assert!(!page.contains("<h2>Plates") && page.contains("Journal: record 4711"));
}
