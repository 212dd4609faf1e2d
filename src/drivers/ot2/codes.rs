//! The controller's error words, what they mean, and what to do.

/// What an error text is. Alarms are looked for first, as the maker's own host does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The controller has halted and forgotten its positions.
    Alarm,
    /// A command was refused because the controller is halted.
    Locked,
    /// No pipette answers on a mount, or its memory holds no data.
    NoInstrument,
    /// Any other error.
    Error,
}

/// Classifies a line of an answer; `None` when it is no trouble.
pub fn classify(line: &str) -> Option<Trouble> {
    // Acknowledgements are most of what is heard, positions the rest.
    if line == "ok" || line.starts_with("ok MCS:") {
        return None;
    }
    let lower = line.to_ascii_lowercase();
    if lower.contains("alarm lock") {
        Some(Trouble::Locked)
    } else if lower.contains("alarm") {
        Some(Trouble::Alarm)
    } else if lower.contains("instrument found") || lower.contains("no data found") {
        Some(Trouble::NoInstrument)
    } else if lower.contains("error") {
        Some(Trouble::Error)
    } else {
        None
    }
}

/// What a person should know and do about an error text.
pub fn explain(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let advice = if lower.contains("hard limit") {
        "an axis ran into its end switch; look what is in the way, then home"
    } else if lower.contains("homing fail") {
        "an axis did not find its end switch; look what is in the way, then home"
    } else if lower.contains("alarm lock") {
        "the controller is halted; home to go on"
    } else if lower.contains("instrument found") {
        "no pipette answers on that mount; check that it is screwed on and its cable"
    } else if lower.contains("no data found") {
        "the pipette's memory is empty; write its model and serial number first"
    } else {
        "home before going on"
    };
    format!("the motor controller says \"{}\": {advice}", line.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dossiers_error_texts_are_told_apart() {
        assert_eq!(classify("ALARM: Hard limit +C"), Some(Trouble::Alarm));
        assert_eq!(classify("ALARM: Homing fail"), Some(Trouble::Alarm));
        assert_eq!(classify("error:Alarm lock"), Some(Trouble::Locked));
        assert_eq!(
            classify("error:no R instrument found"),
            Some(Trouble::NoInstrument)
        );
        assert_eq!(
            classify("error:no data found on L instrument"),
            Some(Trouble::NoInstrument)
        );
        assert_eq!(classify("error:Unsupported command"), Some(Trouble::Error));
        assert_eq!(classify("Error: Invalid content: junk"), Some(Trouble::Error));
        assert_eq!(classify("ok MCS: X:1.0000"), None);
    }
}
