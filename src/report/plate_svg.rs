//! A plate's growth rates as a drawing.

use super::findings::role_words;
use super::heat_map::PlateMap;
use super::markup::{at, escape};
use super::palette::viridis;
use crate::labware::Well;
use crate::plan::{PlateId, PlatePlan, Role, StrainId};
use std::fmt::Write;

const CELL: f64 = 26.0;
const LEFT: f64 = 26.0;
const TOP: f64 = 20.0;

/// One plate: a disc per well, ringed where the reference is and dashed where the control is, with what each well holds
/// in its tooltip.
pub(super) fn plate_svg(id: &PlateId, layout: &PlatePlan, map: &PlateMap, range: (f64, f64)) -> String {
    let cell = if map.columns() > 12 { CELL / 2.0 } else { CELL };
    let width = LEFT + f64::from(map.columns()) * cell + 4.0;
    let height = TOP + f64::from(map.rows()) * cell + 4.0;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"growth rates of {}\">\n",
        at(width),
        at(height),
        escape(id.as_str())
    );
    for column in 0..map.columns() {
        let x = LEFT + (f64::from(column) + 0.5) * cell;
        if cell >= CELL || column % 2 == 0 {
            let _ = writeln!(
                svg,
                "<text class=\"tick\" x=\"{}\" y=\"14\" text-anchor=\"middle\">{}</text>",
                at(x),
                column + 1
            );
        }
    }
    for row in 0..map.rows() {
        let y = TOP + (f64::from(row) + 0.5) * cell;
        let name = Well::new(row, 0).to_string();
        let name = name.trim_end_matches('1');
        let _ = writeln!(
            svg,
            "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>",
            at(LEFT - 6.0),
            at(y + 4.0)
        );
        for column in 0..map.columns() {
            let x = LEFT + (f64::from(column) + 0.5) * cell;
            well(&mut svg, layout, map, Well::new(row, column), (x, y, cell), range);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn well(
    svg: &mut String,
    layout: &PlatePlan,
    map: &PlateMap,
    well: Well,
    place: (f64, f64, f64),
    range: (f64, f64),
) {
    let (x, y, cell) = place;
    let sample = layout.samples.get(&well);
    let role = sample.map_or(Role::Empty, |s| s.role);
    let strain = sample
        .and_then(|s| s.strain.as_ref())
        .map_or("", StrainId::as_str);
    let ring = match role {
        Role::Reference => " class=\"ring\"",
        Role::Control => " class=\"ring dashed\"",
        _ => "",
    };
    let (fill, told) = match (map.step(well, range), map.get(well)) {
        (Some(step), Some(value)) => (
            format!(" fill=\"{}\"", viridis(step).hex()),
            format!("{value:.3} 1/h"),
        ),
        _ => (" fill=\"var(--none)\"".to_owned(), "no rate".to_owned()),
    };
    let _ = writeln!(
        svg,
        "<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{fill}{ring}><title>{well} {} {}: {told}</title></circle>",
        at(x),
        at(y),
        at(cell * 0.42),
        escape(strain),
        role_words(role)
    );
}

/// The scale of colours with its ends.
pub(super) fn scale_svg(range: (f64, f64)) -> String {
    let mut svg =
        "<svg class=\"scale\" viewBox=\"0 0 320 34\" role=\"img\" aria-label=\"scale\">\n".to_owned();
    for step in 0..10_u8 {
        let x = 60.0 + f64::from(step) * 20.0;
        let _ = writeln!(
            svg,
            "<rect x=\"{}\" y=\"4\" width=\"20\" height=\"14\" fill=\"{}\"/>",
            at(x),
            viridis(step).hex()
        );
    }
    let _ = writeln!(
        svg,
        "<text class=\"tick\" x=\"56\" y=\"15\" text-anchor=\"end\">{:.3}</text>",
        range.0
    );
    let _ = writeln!(
        svg,
        "<text class=\"tick\" x=\"264\" y=\"15\">{:.3} 1/h</text>",
        range.1
    );
    svg.push_str("<text class=\"tick\" x=\"160\" y=\"31\" text-anchor=\"middle\">growth rate</text></svg>\n");
    svg
}
