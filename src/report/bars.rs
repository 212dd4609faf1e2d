//! The timeline: per actor one lane of planned and one of actual bars.

use super::data::{Span, TimelineRow};
use super::markup::{at, escape};
use std::collections::BTreeMap;
use std::fmt::Write;

const WIDTH: f64 = 1080.0;
const LEFT: f64 = 130.0;
const LANE: f64 = 40.0;
const TOP: f64 = 10.0;

/// Planned (outlined) over actual (filled) bars, one lane per actor in the order in which they first work.
pub(super) fn timeline_svg(rows: &[TimelineRow]) -> Option<String> {
    let spans = || rows.iter().flat_map(|r| [r.planned, r.actual]).flatten();
    let hours = spans()
        .map(|s| s.end.as_s() / 3600.0)
        .reduce(f64::max)
        .filter(|h| *h > 0.0)?;
    let mut lanes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        lanes.entry(row.actor.as_str()).or_insert_with(|| {
            names.push(row.actor.as_str());
            names.len() - 1
        });
    }
    let lane_top = |lane: usize| TOP + u32::try_from(lane).map_or(0.0, f64::from) * LANE;
    let bottom = lane_top(names.len());
    let x = |h: f64| LEFT + h / hours * (WIDTH - LEFT - 12.0);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"timeline\">\n",
        at(bottom + 24.0)
    );
    let every = [0.25, 0.5, 1.0, 2.0, 4.0, 6.0, 12.0, 24.0, 48.0]
        .into_iter()
        .find(|e| hours / e <= 14.0)
        .unwrap_or(168.0);
    let mut hour = 0.0;
    while hour <= hours + 1e-9 {
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{0} {TOP}V{1}\"/><text class=\"tick\" x=\"{0}\" y=\"{2}\" text-anchor=\"middle\">{hour} h</text>",
            at(x(hour)),
            at(bottom),
            at(bottom + 16.0)
        );
        hour += every;
    }
    for (lane, name) in names.iter().enumerate() {
        let y = lane_top(lane);
        let _ = writeln!(
            svg,
            "<text class=\"lane\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text><path class=\"grid\" d=\"M{LEFT} {}H{}\"/>",
            at(LEFT - 10.0),
            at(y + 24.0),
            escape(name),
            at(y + LANE),
            at(WIDTH - 12.0)
        );
    }
    for row in rows {
        let y = lane_top(lanes.get(row.actor.as_str()).copied().unwrap_or_default());
        for (span, class, top, height) in [
            (row.planned, "planned", 6.0, 9.0),
            (row.actual, "actual", 17.0, 17.0),
        ] {
            if let Some(span) = span {
                bar(&mut svg, row, span, (class, y + top, height), &x);
            }
        }
    }
    svg.push_str("</svg>\n");
    Some(svg)
}

fn bar(svg: &mut String, row: &TimelineRow, span: Span, style: (&str, f64, f64), x: &dyn Fn(f64) -> f64) {
    let (class, y, height) = style;
    let (from, to) = (x(span.start.as_s() / 3600.0), x(span.end.as_s() / 3600.0));
    let _ = writeln!(
        svg,
        "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{} ({class}): from {} to {}</title></rect>",
        at(from),
        at(y),
        at((to - from).max(0.8)),
        at(height),
        escape(&row.title),
        span.start,
        span.end
    );
}
