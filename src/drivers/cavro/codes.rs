//! The pump's error codes in words.

/// It was switched off, or never initialised: it does not know where its plunger is.
pub const NOT_INITIALISED: u8 = 7;
/// A command came while another one was carried out; it was dropped.
pub const OVERFLOW: u8 = 15;

/// Meaning of an error code, with what to do.
pub const fn meaning(code: u8) -> &'static str {
    match code {
        0 => "no error",
        1 => "it could not be initialised; look whether the plunger or the valve is blocked",
        2 => "it does not know the command",
        3 => "an operand is out of range; compare syringe and model in the rig file with the pump",
        4 => "the command sequence is invalid",
        6 => "its memory failed; it needs service",
        7 => "it is not initialised (it was switched off)",
        9 => "the plunger is overloaded; look whether tubing, valve or probe is blocked",
        10 => "the valve is overloaded; look whether it is blocked",
        11 => "the plunger may not move with the valve in this position",
        15 => "it was busy and dropped the command",
        _ => "an internal failure; it needs service",
    }
}

/// Whether a command that is answered with this error was not carried out in any part.
pub const fn nothing_moved(code: u8) -> bool {
    matches!(code, 2 | NOT_INITIALISED | OVERFLOW)
}
