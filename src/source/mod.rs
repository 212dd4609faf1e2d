//! Text files that people write: places in them, problems found in them, and the reader of TOML that collects both.
//!
//! Owns [`Diagnostic`], its layout on a terminal, and [`Table`], a cursor over a TOML table that reports unknown
//! keys, wrong types and wrong units at their place and goes on. Touches no files: text comes in, values and
//! diagnostics go out. Knows nothing of what the files are about.

mod diagnostic;
mod reader;
mod render;
mod space;
mod suggest;

pub use diagnostic::{Diagnostic, Label, Severity, SourceFile};
pub use reader::{Document, Reporter, Spanned, Table, Value};
pub use render::render;
pub use space::Space;
pub use suggest::closest;
