//! Who a text instrument says that it is: by its own defaults, by `[simulation.NAME]` of the rig file (`model`, `serial`,
//! `firmware`), and as another while a fault says so.

use crate::{fault::Trouble, instruments::Ctx, text::Rig};

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::instruments) struct Identity {
    model: String,
    serial: String,
    firmware: String,
}

/// The same with another last character.
fn other(text: &str) -> String {
    let mut text = text.to_owned();
    let last = text.pop().unwrap_or('0');
    let digit = last.to_digit(10).map(|digit| (digit + 1) % 10);
    text.push(digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or('X'));
    text
}

impl Identity {
    /// Of the instrument of this name; `serial` begins with letters, to which the rig's `identities` add a number.
    pub(in crate::instruments) fn of(rig: &Rig, name: &str, [model, serial, firmware]: [&str; 3]) -> Self {
        let table = rig.simulation.named.get(name);
        let told = |key: &str| {
            let value = table.and_then(|table| table.get(key));
            value.and_then(toml::Value::as_str).map(str::to_owned)
        };
        let numbered = rig.simulation.identities.get(name).map(|number| {
            let letters = serial.trim_end_matches(|c: char| c.is_ascii_digit());
            let digits = serial.len().saturating_sub(letters.len());
            format!("{letters}{number:0digits$}")
        });
        Self {
            model: told("model").unwrap_or_else(|| model.to_owned()),
            serial: told("serial").or(numbered).unwrap_or_else(|| serial.to_owned()),
            firmware: told("firmware").unwrap_or_else(|| firmware.to_owned()),
        }
    }

    fn told(ctx: &Ctx<'_>, text: &str, trouble: Trouble) -> String {
        if ctx.world.troubles.lasts(ctx.name, trouble) {
            other(text)
        } else {
            text.to_owned()
        }
    }

    /// The model.
    pub(in crate::instruments) fn model(&self, ctx: &Ctx<'_>) -> String {
        Self::told(ctx, &self.model, Trouble::OtherModel)
    }

    /// The serial number.
    pub(in crate::instruments) fn serial(&self, ctx: &Ctx<'_>) -> String {
        Self::told(ctx, &self.serial, Trouble::OtherSerial)
    }

    /// The firmware.
    pub(in crate::instruments) fn firmware(&self, ctx: &Ctx<'_>) -> String {
        Self::told(ctx, &self.firmware, Trouble::OtherFirmware)
    }
}
