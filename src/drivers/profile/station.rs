//! What only stations have: a plate in their nest, and barcodes.

use super::driver::ProfileDriver;
use crate::devices::{Done, Failure, FailureKind, Moved};
use crate::drivers::failure::{clean, unsupported};
use crate::drivers::station::{able, compared};
use crate::plan::Action;
use crate::rig::profile::modbus::StoredBarcode;

impl ProfileDriver {
    /// Refuses what a station cannot do, and work on a plate that is not there.
    pub(super) async fn station_ready(&mut self, action: &Action) -> Result<(), Failure> {
        let Some(station) = &self.station else {
            return Ok(());
        };
        able(station, action)
            .map_err(|why| unsupported(format!("\"{}\" cannot {}: {why}", self.id, action.name())))?;
        self.connected().await?;
        if action.plate().is_some() && self.registers.sensor("plate").await? == Some(0) {
            let message = format!("no plate stands in \"{}\"; put it there", self.id);
            return Err(Failure::new(FailureKind::Interlock, Moved::No, message));
        }
        Ok(())
    }

    /// The barcode that a command has read, compared with what is expected.
    pub(super) async fn scanned(
        &mut self,
        action: &Action,
        stored: &StoredBarcode,
        sequence: i64,
    ) -> Result<Done, Failure> {
        let words = self.registers.array(&stored.text).await?;
        let of = self.registers.integers(&[&stored.sequence]).await?;
        if of.get(&stored.sequence) != Some(&sequence) {
            let message = format!(
                "\"{}\" no longer holds the barcode of command {sequence}",
                self.id
            );
            return Err(Failure::new(FailureKind::Fault, Moved::Yes, message));
        }
        compared(&self.id, action, clean(&text(&words)))
    }
}

/// Two characters a word, the first in the high byte, up to a zero byte.
fn text(words: &[Option<f64>]) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a register of one word"
    )]
    let bytes = words.iter().flatten().flat_map(|w| (*w as u16).to_be_bytes());
    bytes
        .take_while(|b| *b != 0)
        .map(|b| if b.is_ascii() { char::from(b) } else { '?' })
        .collect()
}

#[cfg(test)]
#[path = "station_tests.rs"]
mod tests;
