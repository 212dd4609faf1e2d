//! Growth curves: the reference in grey behind the replicates of a strain, on a logarithmic axis.

use super::data::ReportData;
use super::markup::{at, escape};
use crate::analysis::{Point, corrected_series};
use crate::plan::{Reading, Role, Sample};
use std::fmt::Write;

/// A curve with whose it is.
pub(super) struct Curve {
    /// Who lives there.
    pub sample: Sample,
    /// The points at or above the limit.
    pub points: Vec<Point>,
}

/// Blank-corrected curves of all analysed plates, without points below a tenth of the analysis's limit.
pub(super) fn curves(data: &ReportData<'_>) -> Vec<Curve> {
    let Some(parameters) = data.growth_parameters() else {
        return Vec::new();
    };
    let floor = (parameters.above.0 / 10.0).max(1e-3);
    let mut all = Vec::new();
    for id in &parameters.plates {
        let Some(layout) = data.plan.plates.get(id) else {
            continue;
        };
        let wells = usize::from(layout.rows) * usize::from(layout.columns);
        let mut own: Vec<&Reading> = data
            .readings
            .iter()
            .filter(|r| r.step == parameters.readings && r.plate == *id && r.values.len() == wells)
            .filter(|r| r.measure.is_absorbance())
            .collect();
        own.sort_by_key(|r| (r.at, r.index));
        // As the analysis: of several wavelengths, the one that is read first.
        if let Some(measure) = own.first().map(|r| r.measure) {
            own.retain(|r| r.measure == measure);
        }
        for (well, mut points) in corrected_series(&own, layout) {
            points.retain(|p| p.value >= floor);
            if let Some(sample) = layout.samples.get(&well) {
                all.push(Curve {
                    sample: sample.clone(),
                    points,
                });
            }
        }
    }
    all
}

/// Where a chart's axes go.
struct Axes {
    hours: f64,
    low: f64,
    high: f64,
    width: f64,
    height: f64,
}

/// Size of a chart of one strain, and of the chart of all.
const SMALL: (f64, f64) = (260.0, 170.0);
const WIDE: (f64, f64) = (760.0, 320.0);
const RIGHT: f64 = 14.0;
const LEFT: f64 = 38.0;
const BOTTOM: f64 = 28.0;
const TOP: f64 = 24.0;

impl Axes {
    fn of(curves: &[Curve], (width, height): (f64, f64)) -> Option<Self> {
        let points = || {
            curves
                .iter()
                .filter(|c| c.sample.role != Role::Blank)
                .flat_map(|c| &c.points)
        };
        let hours = points().map(|p| p.time_h).reduce(f64::max).filter(|h| *h > 0.0)?;
        let low = points().map(|p| p.value).reduce(f64::min)?;
        let high = points().map(|p| p.value).reduce(f64::max)?;
        Some(Self {
            hours,
            low: low.log10().floor(),
            high: (high.log10() * 5.0).ceil() / 5.0,
            width,
            height,
        })
    }
    fn x(&self, hours: f64) -> f64 {
        LEFT + hours / self.hours * (self.width - LEFT - RIGHT)
    }
    fn y(&self, value: f64) -> f64 {
        let share = (value.log10() - self.low) / (self.high - self.low).max(0.1);
        self.height - BOTTOM - share * (self.height - BOTTOM - TOP)
    }
    fn frame(&self, title: &str) -> String {
        let mut svg = format!(
            "<svg viewBox=\"0 0 {1} {2}\" role=\"img\" aria-label=\"growth of {0}\">\n<text class=\"title\" x=\"{LEFT}\" y=\"15\">{0}</text>\n",
            escape(title),
            self.width,
            self.height
        );
        for decade in -4..=1_i32 {
            for factor in [1.0, 2.0, 5.0] {
                let value = factor * 10_f64.powi(decade);
                let y = self.y(value);
                if (TOP - 1.0..=self.height - BOTTOM + 1.0).contains(&y) {
                    let _ = writeln!(
                        svg,
                        "<path class=\"grid\" d=\"M{LEFT} {0}H{1}\"/><text class=\"tick\" x=\"{2}\" y=\"{3}\" text-anchor=\"end\">{value}</text>",
                        at(y),
                        at(self.width - RIGHT),
                        at(LEFT - 4.0),
                        at(y + 4.0)
                    );
                }
            }
        }
        let every = [0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 12.0, 24.0]
            .into_iter()
            .find(|e| self.hours / e <= 7.0)
            .unwrap_or(48.0);
        let mut hour = 0.0;
        while hour <= self.hours + 1e-6 {
            let _ = writeln!(
                svg,
                "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{hour} h</text>",
                at(self.x(hour)),
                at(self.height - BOTTOM + 16.0)
            );
            hour += every;
        }
        svg
    }
    fn line(&self, class: &str, points: &[Point]) -> String {
        let mut path = String::new();
        for point in points {
            let letter = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(
                path,
                "{letter}{} {}",
                at(self.x(point.time_h)),
                at(self.y(point.value))
            );
        }
        format!("<path class=\"{class}\" d=\"{path}\"/>\n")
    }
}

/// One chart of everything: strains faint, control, reference on top.
pub(super) fn overview(curves: &[Curve]) -> Option<String> {
    let axes = Axes::of(curves, WIDE)?;
    let mut svg = axes.frame("all wells");
    for (role, class) in [
        (Role::Sample, "curve faint"),
        (Role::Control, "curve control"),
        (Role::Reference, "curve reference"),
    ] {
        for curve in curves
            .iter()
            .filter(|c| c.sample.role == role && c.points.len() > 1)
        {
            svg.push_str(&axes.line(class, &curve.points));
        }
    }
    svg.push_str("</svg>\n");
    Some(svg)
}

/// One chart of a strain's replicates before the reference.
pub(super) fn strain(curves: &[Curve], name: &str) -> Option<String> {
    let axes = Axes::of(curves, SMALL)?;
    let mut svg = axes.frame(name);
    for curve in curves
        .iter()
        .filter(|c| c.sample.role == Role::Reference && c.points.len() > 1)
    {
        svg.push_str(&axes.line("curve reference", &curve.points));
    }
    let own = |c: &&Curve| {
        c.sample.role == Role::Sample && c.sample.strain.as_ref().is_some_and(|s| s.as_str() == name)
    };
    for curve in curves.iter().filter(own).filter(|c| c.points.len() > 1) {
        svg.push_str(&axes.line("curve strain", &curve.points));
    }
    svg.push_str("</svg>\n");
    Some(svg)
}
