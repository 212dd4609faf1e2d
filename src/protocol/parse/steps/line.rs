//! Steps on the line of a probe, and how a probe is washed.

use super::super::values::Reader;
use crate::protocol::source::liquid::{LineTask, LineWork, Wash};
use crate::source::{Spanned, Table};

/// `prime`, `flush` or `wash`.
pub(super) fn read(t: &mut Table<'_>, reader: &Reader<'_>, word: &str) -> Option<LineWork> {
    let pipette = reader.needed(t, "pipette");
    let task = match word {
        "prime" => Some(LineTask::Prime(reader.amount_if(t, "volume"))),
        "flush" => reader.amount(t, "volume").map(LineTask::Flush),
        _ => Some(LineTask::Wash(volumes(t, reader))),
    };
    Some(LineWork {
        pipette: pipette?,
        task: task?,
    })
}

/// How a probe is washed, under the key `wash`.
pub(super) fn wash(t: &mut Table<'_>, reader: &Reader<'_>) -> Option<Spanned<Wash>> {
    let value = t.get("wash")?;
    let mut t = value.table()?;
    let wash = volumes(&mut t, reader);
    t.finish();
    Some(Spanned {
        value: wash,
        span: value.span.clone(),
    })
}

fn volumes(t: &mut Table<'_>, reader: &Reader<'_>) -> Wash {
    Wash {
        inside: reader.amount_if(t, "inside").map(|v| v.value),
        outside: reader.amount_if(t, "outside").map(|v| v.value),
    }
}
