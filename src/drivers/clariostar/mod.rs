//! BMG LABTECH CLARIOstar: a plate reader with a tray, spoken to in binary frames.
//!
//! Owns the frames ([`wire`]), its status ([`status`]), what it measured ([`data`]), what it is told for a read ([`settings`])
//! and the driver ([`ClarioStar`]). Knows no other instrument.
//!
//! *Did it happen?* A flag of the status says that it holds values that nobody has fetched. Before the intent of a read is
//! written, old ones are fetched and dropped, and the flag must be down: when it is up later, a newer read has ended. Values
//! are believed when the run is complete and of the wells that were asked for. A read leaves nothing behind on the plate:
//! whatever is in doubt is measured again. Another flag says whether the tray is out.
//!
//! Frames have a length and a checksum, but no sequence number, and most answers are a status: after a lost answer
//! nothing is believed until the reader has answered a question that nothing else asks (its memory of settings), or until
//! so long has passed that a late answer must have come. A state counts when two looks in a row agree.
//!
//! Stated assumptions: wells stand as SLAS 4 says; what our sources do not explain in the command of a run is as it was
//! captured; luminescence is gathered for 1 s a well. How fluorescence is asked for they do not tell.

pub mod data;
mod driver;
mod settings;
pub mod status;
mod talk;
pub mod wire;

pub use driver::ClarioStar;
