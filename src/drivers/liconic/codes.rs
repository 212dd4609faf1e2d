//! The unit's error codes in words.

/// The command is not known, or the line was not opened.
pub const NOT_OPENED: u8 = 1;

/// Meaning of an `E` answer: the PLC did not take the line.
pub const fn refusal(code: u8) -> &'static str {
    match code {
        0 => "it knows no such relay or timer",
        1 => "it does not know the command, or the line was not opened",
        2 => "its program is lost; have it serviced",
        3 => "its hardware failed",
        4 => "its memory is write-protected",
        5 => "its base unit failed",
        _ => "it gives no known reason",
    }
}

/// In words: what the handling code (DM200) says, and in the middle of what.
pub fn handling(code: u32) -> String {
    let during = match code / 100 {
        0 => "",
        1 => " while a plate was taken in",
        2 => " while a plate was put out",
        3 => " while a plate was removed",
        4 => " while a barcode was read",
        5 => " while a plate was placed",
        6 => " while a plate was set down",
        7 => " while a plate was fetched",
        _ => " in the middle of an unknown step",
    };
    let what = match code % 100 {
        1 => "a movement timed out",
        7 => "the gate did not open",
        8 => "the gate did not close",
        9 => "the lift did not reach its position",
        10 => "somebody has access: the user door is open",
        11 => "the slot was not reached",
        12 => "the level was not reached",
        13 => "a plate already stands on the transfer station",
        14 => "the lift could not be initialised",
        15 => "a plate already lies on the shovel",
        16 => "there is no plate on the shovel",
        17 => "it could not recover",
        _ => "an unknown error",
    };
    format!("{what}{during} (code {code:05})")
}
