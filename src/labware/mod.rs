//! Labware: definitions, wells, geometry, tip racks, lids; the built-in library.
//!
//! Owns what a piece of plastic is. Knows nothing of where it stands, what is in it or who moves it.
//! Start with [`Labware`]; files are read by [`parse`].

mod definition;
mod library;
mod parse;
mod well;

pub use definition::{Geometry, Kind, Labware, Lid, Shape, Tip};
pub use library::{BUILT_IN, Library};
pub use parse::parse;
pub use well::{Well, WellError};
