//! Alarms of the AZ series.

/// Alarms by their codes.
const ALARMS: &[(u32, &str)] = &[
    (
        0x10,
        "position deviation: something is in the way, or the current is too low for it",
    ),
    (0x20, "overcurrent"),
    (0x21, "its circuit is too hot"),
    (0x22, "overvoltage"),
    (0x23, "its mains are off"),
    (0x25, "undervoltage"),
    (0x26, "its motor is too hot"),
    (0x28, "sensor error"),
    (0x2A, "its position sensor does not answer"),
    (0x30, "overload: something is in the way"),
    (0x31, "overspeed"),
    (0x33, "its absolute position is lost"),
    (0x4A, "it was started before it was homed"),
    (0x53, "its safety circuit"),
    (0x60, "both limit sensors are on"),
    (0x61, "its limit sensors are reversed"),
    (0x62, "homing failed"),
    (0x63, "no home sensor was found"),
    (0x66, "it ran onto a limit sensor"),
    (0x67, "it was sent beyond its limits"),
    (0x68, "emergency stop"),
    (0x70, "wrong operation data"),
    (0x84, "errors on the line"),
    (0x85, "nothing was heard on the line for too long"),
    (0xF0, "its processor"),
];

/// What an alarm is, in words.
pub fn explain(code: u32) -> String {
    let known = ALARMS.iter().find(|(number, _)| *number == code);
    match known {
        Some((_, words)) => format!("alarm {code:02X}, {words}"),
        None => format!("alarm {code:02X}"),
    }
}
