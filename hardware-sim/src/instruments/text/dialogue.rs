//! What all text twins share: bytes become whole requests, the faults of the line fall on them, and answers go back to
//! where the request came from. Knows no instrument's words.

use crate::{
    fault::Treatment,
    instruments::{Ctx, Port, Twin},
};
use std::collections::BTreeMap;

/// Bytes of a request that never ends, before they are thrown away.
const LONGEST: usize = 4096;

/// A request as it came: who asked, and what becomes of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    port: Port,
    treatment: Treatment,
}

impl Asked {
    /// Sends an answer, or a part of one, now.
    pub(super) fn answer(self, ctx: &mut Ctx<'_>, answer: impl AsRef<[u8]>) {
        self.answer_after(ctx, 0, answer);
    }

    /// Sends an answer that begins so many microseconds from now.
    pub(super) fn answer_after(self, ctx: &mut Ctx<'_>, us: u64, answer: impl AsRef<[u8]>) {
        let begins = ctx.now.saturating_add(us);
        ctx.wire
            .send(begins, self.port, self.treatment, answer.as_ref().to_vec());
    }

    /// The number of the error that this request is refused with, if a fault refuses it.
    pub(super) fn refused(self) -> Option<u8> {
        match self.treatment {
            Treatment::Refused(code) => Some(code),
            _ => None,
        }
    }
}

/// An instrument that is asked in text. Implemented by every twin of this folder, driven by [`TextTwin`].
pub(super) trait Dialogue {
    /// Whether its line carries seven bits a byte; the eighth is then not looked at.
    const SEVEN_BITS: bool = false;

    /// Takes one whole request off the bytes that have come, without what ends it.
    fn cut(buffer: &mut Vec<u8>) -> Option<Vec<u8>>;
    /// A request came.
    fn request(&mut self, ctx: &mut Ctx<'_>, asked: Asked, request: &str);
    /// A due time was reached.
    fn advance(&mut self, ctx: &mut Ctx<'_>);
    /// When `advance` has something to do.
    fn next_due(&self) -> Option<u64>;
    /// Power was lost and came back.
    fn power_cycle(&mut self, ctx: &mut Ctx<'_>);
    /// What was stuck goes on.
    fn mended(&mut self, ctx: &mut Ctx<'_>);
}

/// Cuts at the first byte that ends a request; that byte goes too.
pub(super) fn cut_at(buffer: &mut Vec<u8>, ends: impl Fn(u8) -> bool) -> Option<Vec<u8>> {
    let end = buffer.iter().position(|byte| ends(*byte))?;
    let mut request: Vec<u8> = buffer.drain(..=end).collect();
    request.pop();
    Some(request)
}

/// A text instrument on its line.
#[derive(Debug)]
pub(super) struct TextTwin<D> {
    pub(super) dialogue: D,
    partial: BTreeMap<Port, Vec<u8>>,
}

impl<D: Dialogue> TextTwin<D> {
    /// On a quiet line.
    pub(super) fn new(dialogue: D) -> Self {
        Self {
            dialogue,
            partial: BTreeMap::new(),
        }
    }
}

impl<D: Dialogue> Twin for TextTwin<D> {
    fn receive(&mut self, ctx: &mut Ctx<'_>, port: Port, bytes: &[u8]) {
        let mut buffer = self.partial.remove(&port).unwrap_or_default();
        let mask = if D::SEVEN_BITS { 0x7f } else { 0xff };
        buffer.extend(bytes.iter().map(|byte| byte & mask));
        while let Some(request) = D::cut(&mut buffer) {
            let treatment = ctx.wire.faults.begin();
            if treatment == Treatment::Deaf {
                continue;
            }
            let text = String::from_utf8_lossy(&request);
            self.dialogue.request(ctx, Asked { port, treatment }, &text);
        }
        if buffer.len() <= LONGEST {
            self.partial.insert(port, buffer);
        }
    }

    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        self.dialogue.advance(ctx);
    }

    fn next_due(&self) -> Option<u64> {
        self.dialogue.next_due()
    }

    fn power_cycle(&mut self, ctx: &mut Ctx<'_>) {
        self.partial.clear();
        self.dialogue.power_cycle(ctx);
    }

    fn mended(&mut self, ctx: &mut Ctx<'_>) {
        self.dialogue.mended(ctx);
    }

    fn closed(&mut self, port: Port) {
        self.partial.remove(&port);
    }
}
