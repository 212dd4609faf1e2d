//! The unit's error codes in words.

/// Meaning of an `er` answer: the telegram was refused and nothing moved.
pub const fn refusal(code: u8) -> &'static str {
    match code {
        0x01 => "it is busy",
        0x02 => "it does not know the command",
        0x03 => "the telegram is malformed",
        0x04 => "a parameter is wrong",
        0x05 => "it does not know the location; compare the slots in the rig file with the unit's stackers",
        0x11 => "the handler is in a wrong position; initialise it",
        0x12 => "the shovel is extended; initialise it",
        0x21 => "a plate lies on the handler; take it off or initialise",
        0x22 => "the handler is empty",
        0x31 => "the transfer station is empty",
        0x32 => "the transfer station is occupied",
        0x33 => "the transfer station is in a wrong position",
        0x41 => "the gate is not configured",
        0x42 => "the gate is not open",
        0x51 => "its memory failed",
        0x52 => "the password is wrong",
        _ => "it gives no known reason",
    }
}

/// Busy and "unknown command", which units answer now and then without cause: ask again.
pub const fn may_be_spurious(code: u8) -> bool {
    matches!(code, 0x01 | 0x02)
}

/// Meaning of the error register after an access that failed.
pub const fn fault(code: u8) -> &'static str {
    match code {
        0x00 => "no error",
        0x01 => "no communication with a motor",
        0x02 => "the plate was not loaded",
        0x03 => "the plate was not unloaded",
        0x04 => "the shovel was not extended",
        0x05 => "a movement timed out",
        0x06 => "the gate did not open",
        0x07 => "the gate did not close",
        0x08 => "the shovel was not retracted",
        0x0A => "a stepper motor is too hot",
        0x0B => "a stepper motor failed",
        0x0C => "the transfer station did not turn",
        0x0D => "no communication with heater or gas supply",
        0xFF => "a fatal error",
        _ => "an unknown error",
    }
}
