//! Labware: definitions, wells, geometry, tip racks, lids; the built-in library.
//!
//! Owns what a piece of plastic is. Knows nothing of where it stands, what is in it or who moves it.
//! Start with [`Labware`]; files are read by [`parse`], those in the Opentrons format by [`opentrons`].

mod bottom;
mod channels;
mod definition;
mod library;
mod limits;
pub mod opentrons;
mod parse;
mod section;
mod surface;
mod well;

pub use channels::{Nozzles, Stride, WHOLE_PLATE};
pub use definition::{Geometry, Kind, Labware, Lid, Shape, Tip};
pub use library::{BUILT_IN, Library, texts};
pub use parse::parse;
pub use section::{Form, RoundEnd, Section};
pub use well::{Well, WellError};
