//! Compares the easy-linear method with reference values computed by others from real growth curves.
//!
//! `cargo run --example growth_reference FOLDER`, where FOLDER holds `bactgrowth.txt`, `antibiotic.txt` and
//! `expected/` with their reference values. Exits with 1 when any value differs by more than 1e-6 relative.

use plated::analysis::{EasyLinear, Point, easy_linear};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

/// Points per window and share of the largest slope that the reference values were made with.
const WINDOW: usize = 5;
const QUOTA: f64 = 0.95;
const TOLERANCE: f64 = 1e-6;

/// A data set: the raw file, its expected values, and the columns that name a curve.
struct Set {
    raw: &'static str,
    expected: &'static str,
    keys: &'static [&'static str],
}

const SETS: [Set; 2] = [
    Set {
        raw: "bactgrowth.txt",
        expected: "expected/bactgrowth_reference.csv",
        keys: &["strain", "replicate", "conc"],
    },
    Set {
        raw: "antibiotic.txt",
        expected: "expected/antibiotic_easylinear.csv",
        keys: &["variable"],
    },
];

type Row = BTreeMap<String, String>;

fn rows(path: &Path, delimiter: u8) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_path(path)?;
    Ok(reader.deserialize().collect::<Result<Vec<Row>, _>>()?)
}

fn text<'a>(row: &'a Row, column: &str) -> Result<&'a str, Box<dyn Error>> {
    row.get(column)
        .map(String::as_str)
        .ok_or_else(|| format!("no column {column}").into())
}

fn number(row: &Row, column: &str) -> Result<f64, Box<dyn Error>> {
    let value = text(row, column)?;
    value
        .parse()
        .map_err(|_| format!("{column}: {value} is not a number").into())
}

fn key(row: &Row, keys: &[&str]) -> Result<Vec<String>, Box<dyn Error>> {
    keys.iter().map(|k| text(row, k).map(str::to_owned)).collect()
}

/// The columns of one expected row that do not agree.
fn differences(row: &Row, points: &[Point], fit: &EasyLinear) -> Result<Vec<String>, Box<dyn Error>> {
    let index = |i: usize| u32::try_from(i).map(f64::from);
    let y0 = points.first().map_or(f64::NAN, |p| p.value);
    // The reference values count points from 1.
    let found = [
        ("n", index(points.len())?),
        ("y0", y0),
        ("y0_lm", fit.start),
        ("mumax", fit.rate_per_h),
        ("lag", fit.lag_h),
        ("r2", fit.r2),
        ("i_first", index(fit.first + 1)?),
        ("i_last", index(fit.last + 1)?),
        ("tgen", std::f64::consts::LN_2 / fit.rate_per_h),
    ];
    let mut wrong = Vec::new();
    for (column, value) in found {
        if row.contains_key(column) {
            let expected = number(row, column)?;
            let limit = TOLERANCE * expected.abs();
            if (value - expected).abs() > limit || value.is_nan() {
                wrong.push(format!("{column} is {value}, expected {expected}"));
            }
        }
    }
    Ok(wrong)
}

fn compare(folder: &Path, set: &Set) -> Result<(u32, u32), Box<dyn Error>> {
    let mut curves: BTreeMap<Vec<String>, Vec<Point>> = BTreeMap::new();
    for row in rows(&folder.join(set.raw), b'\t')? {
        let point = Point {
            time_h: number(&row, "time")?,
            value: number(&row, "value")?,
        };
        curves.entry(key(&row, set.keys)?).or_default().push(point);
    }
    for curve in curves.values_mut() {
        curve.sort_by(|a, b| a.time_h.total_cmp(&b.time_h));
    }
    let (mut passed, mut failed) = (0, 0);
    for row in rows(&folder.join(set.expected), b',')? {
        let name = key(&row, set.keys)?;
        let points = curves
            .get(&name)
            .ok_or_else(|| format!("{}: no curve {name:?}", set.raw))?;
        let wrong = match easy_linear(points, WINDOW, QUOTA) {
            Some(fit) => differences(&row, points, &fit)?,
            None => vec!["no fit".to_owned()],
        };
        if wrong.is_empty() {
            passed += 1;
        } else {
            failed += 1;
            println!("{} {}: {}", set.raw, name.join(" "), wrong.join("; "));
        }
    }
    println!("{}: {passed} passed, {failed} failed", set.raw);
    Ok((passed, failed))
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .ok_or("give the folder with the growth curves")?;
    let (mut passed, mut failed) = (0, 0);
    for set in &SETS {
        let (p, f) = compare(Path::new(&folder), set)?;
        passed += p;
        failed += f;
    }
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
