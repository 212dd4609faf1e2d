//! The instrument's error codes in words.

/// There are no data to transfer.
pub const NO_DATA: u16 = 107;
/// It is busy, or measuring.
pub const BUSY: [u16; 2] = [105, 106];

/// Meaning of the code of a `FAIL`.
pub const fn meaning(code: u16) -> &'static str {
    match code {
        100 => "it does not know the command; is the model in the rig file the right one?",
        101 => "an argument is wrong",
        102 => "there are too many arguments",
        103 => "there are too few arguments",
        104 => "the line is too long",
        105 => "it is busy",
        106 => "it is measuring",
        107 => "it has no data",
        108 => "its data buffer is full",
        109 => "its error buffer is full",
        110 => "stray light reaches the cuvette port, or its door is open; close it",
        111 => "the read settings do not fit together",
        200 => "its firmware stopped at an assertion; switch it off and on",
        203 => "a character arrived with a wrong parity; compare the line settings",
        204 => "characters arrived faster than it took them",
        205 => "a character arrived broken; compare the line settings",
        201..=210 => "its firmware failed; switch it off and on",
        300 => "the thermistor failed",
        301 => "it is too hot",
        302 => "the lamp is too dark",
        303 => "the dark current is too high",
        304 | 305 => "the detector is saturated",
        306..=308 | 312..=317 => "a calibration failed or its hardware is faulty",
        400 => "the carriage is blocked; look into the plate chamber",
        401 => "the filter wheel failed",
        402 => "the grating failed",
        403 => "the stage failed",
        500..=505 => "its memory of settings failed",
        _ => "it gives no known reason",
    }
}

/// Faults of the machine rather than refusals of a command.
pub const fn is_fault(code: u16) -> bool {
    code >= 200
}
