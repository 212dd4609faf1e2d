//! Names that a rig file gives, each a type of its own.

use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::fmt;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// From the name as written in the file.
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }
            /// The name as written in the file.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(name.to_owned())
            }
        }
    };
}

name!(
    /// An instrument of the rig, as "reader".
    InstrumentId
);
name!(
    /// A named place for one plate, rack or lid, as "deck-1"; slots of an incubator are "incubator-1" and so on.
    NestId
);
name!(
    /// A pipette of a liquid handler, as "p300-multi".
    PipetteId
);
name!(
    /// A space that moving bodies share, as "deck".
    ZoneId
);
