use super::*;

fn bar(lane: &str, title: &str, start: u64, end: u64) -> GanttBar {
    GanttBar {
        lane: lane.into(),
        title: title.into(),
        step: "s".into(),
        plates: Vec::new(),
        start: Duration::min(start),
        end: Duration::min(end),
    }
}

#[test]
fn a_lane_shows_for_how_much_of_each_stretch_it_works() {
    let bars = [
        bar("arm", "fetch", 0, 5),
        bar("arm", "put back", 50, 60),
        bar("reader", "read", 5, 35),
    ];
    let text = gantt_text(&bars, 46);
    let lines: Vec<&str> = text.lines().collect();
    // Thirty columns of two minutes each.
    assert_eq!(lines[0], "   arm ██▅······················█████  25.0 %");
    assert_eq!(lines[1], "reader ··▅██████████████▅············  50.0 %");
    assert!(
        lines[2].contains("0:00") && lines[2].contains("0:30"),
        "{}",
        lines[2]
    );
}

#[test]
fn the_drawing_stands_alone_and_names_nothing_unescaped() {
    let svg = gantt_svg(&[bar("arm", "<script>", 0, 5)], "a & b").unwrap();
    assert!(svg.starts_with("<svg viewBox="), "{svg}");
    assert!(svg.contains("xmlns=\"http://www.w3.org/2000/svg\""));
    assert!(svg.contains("<title>a &amp; b</title>"));
    assert!(svg.contains("&lt;script&gt;") && !svg.contains("<script>"));
    assert_eq!(gantt_svg(&[], "nothing"), None);
}
