//! The decoders by name, and what each is given.

mod files;
mod instruments;
mod modbus;
mod server;
mod text;

use plated::link::Framing;

/// Takes any bytes.
pub type Decoder = fn(&[u8]);

/// Every decoder.
pub const ALL: &[(&str, Decoder)] = &[
    ("ot2", instruments::ot2),
    ("cavro-dt", instruments::cavro_dt),
    ("cavro-oem", instruments::cavro_oem),
    ("biotek", instruments::biotek),
    ("spectramax", instruments::spectramax),
    ("clariostar", instruments::clariostar),
    ("cytomat", instruments::cytomat),
    ("liconic", instruments::liconic),
    ("precise-flex", instruments::precise_flex),
    ("text-profiles", text::profiles),
    ("modbus-rtu", modbus::rtu),
    ("modbus-tcp", modbus::tcp),
    ("modbus-values", modbus::values),
    ("modbus-server", server::modbus),
    ("profile", files::profile),
    ("rig", files::rig),
    ("labware", files::labware),
    ("records", files::records),
    ("journal", files::journal),
    ("api", files::api),
    ("lists", files::lists),
    ("colonies", files::colonies),
    ("documents", files::documents),
];

/// Hands bytes to a framing as a line does: in two pieces, dropping junk, until an answer is whole. `read` is given each frame
/// and says whether it can be read.
fn feed(bytes: &[u8], mut framing: impl FnMut(&[u8]) -> Framing, mut read: impl FnMut(&[u8]) -> bool) {
    let cut = bytes.len() / 2;
    let (first, second) = bytes.split_at(cut);
    let mut pending: Vec<u8> = Vec::new();
    for piece in [first, second] {
        pending.extend_from_slice(piece);
        while !pending.is_empty() {
            match framing(&pending) {
                Framing::Incomplete => break,
                Framing::Frame(n) => {
                    assert!(
                        n > 0 && n <= pending.len(),
                        "a frame of {n} in {} bytes",
                        pending.len()
                    );
                    assert!(read(&pending[..n]), "what was recognised cannot be read");
                    pending.drain(..n);
                }
                Framing::Junk(n) => {
                    assert!(
                        n > 0 && n <= pending.len(),
                        "junk of {n} in {} bytes",
                        pending.len()
                    );
                    pending.drain(..n);
                }
            }
        }
    }
}

/// One of some, by the first byte; the rest is left.
fn choose<'a, T: Clone>(bytes: &'a [u8], of: &[T]) -> Option<(T, &'a [u8])> {
    let (first, rest) = bytes.split_first()?;
    Some((of.get(usize::from(*first) % of.len())?.clone(), rest))
}
