//! The rules of a protocol, a file each. A rule looks at the scene and the walked liquids and reports every breach
//! at its place; it never stops at the first, and is silent about what another rule reports.

mod rules;

pub(super) use rules::check;
