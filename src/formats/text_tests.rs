use super::*;

#[test]
fn nothing_that_a_terminal_obeys_gets_through() {
    let attacks = [
        "\u{1b}]52;c;AAAA\u{7}",
        "\u{1b}]0;t\u{7}",
        "\u{1b}[2J",
        "\u{1b}[6n",
        "\u{1b}c",
        "\u{9b}31m",
        "a\u{202e}b",
        "\0\u{8}\u{7f}",
        "x\r\ny",
        "\u{2066}z\u{2069}",
        "\u{feff}q",
    ];
    for attack in attacks {
        let cleaned = clean(attack);
        assert!(
            !cleaned.chars().any(|c| c.is_control() || is_unsafe(c)),
            "{attack:?} became {cleaned:?}"
        );
    }
    assert_eq!(clean("two\r\n\twords"), "two words");
    assert_eq!(clean("Δsnf1 – 30 °C, µmax"), "Δsnf1 – 30 °C, µmax");
}

#[test]
fn times_are_iso_8601() {
    assert_eq!(
        iso_time(Timestamp::from_us(1_767_261_600_000_042)),
        "2026-01-01T10:00:00.000042Z"
    );
}
