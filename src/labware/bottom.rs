//! Wells of the usual kinds, said by opening, depth and bottom.

use super::{Form, Section, Shape};
use crate::units::Length;

/// A well is square when its sides differ by no more than this.
const SQUARE: i64 = 500;

/// The bottom of a well whose walls are straight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bottom {
    /// Flat.
    Flat,
    /// A hemisphere of the well's diameter; in a square well, of its side.
    U,
    /// A cone or pyramid to a point, this deep; in a well that is not square, a wedge whose edge runs along the
    /// longer side.
    V(Length),
}

/// The sections of such a well, from the bottom up.
///
/// # Errors
/// A sentence that says why there is no such well.
pub(super) fn sections(shape: Shape, depth: Length, bottom: Bottom) -> Result<Vec<Section>, String> {
    let nothing = Length::um(0);
    let straight = |height: Length| {
        let form = match shape {
            Shape::Circular { diameter } => Form::Conical {
                bottom: diameter,
                top: diameter,
            },
            Shape::Rectangular { x, y } => Form::Cuboidal {
                bottom: (x, y),
                top: (x, y),
            },
        };
        Section::new(form, height)
    };
    let (form, lower) = match bottom {
        Bottom::Flat => return Ok(vec![straight(depth)]),
        Bottom::U => {
            let (x, y) = shape.extent();
            if x.minus(y).get().abs() > SQUARE {
                return Err(format!(
                    "a well of {x} by {y} has no hemisphere as its bottom; describe it by `sections`"
                ));
            }
            let radius = Length::um(x.min(y).get() / 2);
            (Form::Spherical { radius }, radius)
        }
        Bottom::V(lower) => {
            let form = match shape {
                Shape::Circular { diameter } => Form::Conical {
                    bottom: nothing,
                    top: diameter,
                },
                Shape::Rectangular { x, y } => Form::Cuboidal {
                    bottom: match x.minus(y).get() {
                        longer if longer > SQUARE => (x, nothing),
                        shorter if shorter < -SQUARE => (nothing, y),
                        _ => (nothing, nothing),
                    },
                    top: (x, y),
                },
            };
            (form, lower)
        }
    };
    if lower <= nothing || lower > depth {
        return Err(format!(
            "a bottom of {lower} has no room in a well that is {depth} deep"
        ));
    }
    let bottom = Section::new(form, lower);
    Ok(if lower == depth {
        vec![bottom]
    } else {
        vec![bottom, straight(depth.minus(lower))]
    })
}
