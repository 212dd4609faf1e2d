//! Data in the field's formats: tidy CSV tables, picklists, the lossless result document.
//!
//! Owns headers, number formats, quoting and the cleaning of text that comes from files and instruments. Bytes in,
//! bytes out: knows nothing of folders, instruments or how a run went. Same input, same bytes. Start with
//! [`readings_csv`] and [`ResultDocument`].

mod picklist;
mod result;
mod samples;
mod table;
mod tables;
mod text;
mod volumes;

pub use picklist::{PicklistError, PicklistLine, parse_picklist_csv, pick_volume, picklist_csv};
pub use result::{ResultDocument, ResultError};
pub use samples::samples_of;
pub use table::{Cell, Table};
pub use tables::{
    answers_csv, area_csv, endpoint_csv, fluorescence_csv, growth_csv, luminescence_csv, measurements_csv,
    picks_csv, quality_csv, readings_csv, strains_csv,
};
pub use text::{clean, iso_time, role_name};
pub use volumes::volumes_csv;
