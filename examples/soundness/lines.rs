//! Steps on the line of a fixed probe, drawn: bottle, tubing and drain near their limits.

use super::draw::Draw;
use super::rigs::RigKind;
use super::scratch::{Setting, near, volume};
use std::fmt::Write;

/// What the tubing holds, in tenths of a microlitre.
const TUBING: i64 = 6000;

/// The step that comes before all others on such a rig.
pub fn prime(draw: &mut Draw) -> String {
    let mut out = "do = \"prime\"\npipette = \"needle\"\n".to_owned();
    if draw.chance(30) {
        let by = draw.of(&[TUBING, TUBING, TUBING * 2, TUBING * 5]);
        let _ = writeln!(out, "volume = \"{}\"", volume(near(draw, by)));
    }
    out
}

/// Primes, flushes or washes.
pub fn line(draw: &mut Draw, set: &mut Setting) -> Option<String> {
    let pipette = if draw.chance(4) || set.rig != RigKind::Probe {
        "p300-multi"
    } else {
        "needle"
    };
    Some(match draw.below(6) {
        0 => prime(draw),
        1 | 2 => {
            let by = draw.of(&[5000, 20_000, 50_000]);
            format!(
                "do = \"flush\"\npipette = \"{pipette}\"\nvolume = \"{}\"\n",
                volume(near(draw, by))
            )
        }
        _ => {
            let mut out = format!("do = \"wash\"\npipette = \"{pipette}\"\n");
            if draw.chance(50) {
                let _ = writeln!(out, "inside = \"{}\"", volume(near(draw, 5000)));
            }
            if draw.chance(50) {
                let _ = writeln!(out, "outside = \"{}\"", volume(near(draw, 4000)));
            }
            out
        }
    })
}

/// How a probe is washed where a pipette would take a new tip.
pub fn washing(draw: &mut Draw) -> String {
    format!(
        "wash = {{ inside = \"{}\", outside = \"{}\" }}\n",
        volume(near(draw, 5000)),
        volume(near(draw, 4000))
    )
}
