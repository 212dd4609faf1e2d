use super::*;
use crate::units::{Length, Temperature, Volume};
use proptest::prelude::*;

#[test]
fn volumes_are_exact() {
    assert_eq!(Volume::parse("0.1 uL"), Ok(Volume::nl(100)));
    assert_eq!(Volume::parse("105 mL"), Ok(Volume::nl(105_000_000)));
    assert_eq!(Volume::parse("180uL"), Ok(Volume::nl(180_000)));
    assert_eq!(Volume::nl(180_000).to_string(), "180 uL");
    assert_eq!(Volume::nl(19_998).to_string(), "19.998 uL");
    assert_eq!(Volume::nl(0).to_string(), "0 uL");
    assert_eq!(Length::um(1_300).to_string(), "1.3 mm");
    assert_eq!(Temperature::milli_celsius(-80_000).to_string(), "-80 C");
}

#[test]
fn what_is_wrong_is_said() {
    assert!(matches!(Volume::parse("180"), Err(QuantityError::NoUnit { .. })));
    assert!(matches!(
        Volume::parse("180 C"),
        Err(QuantityError::WrongUnit { .. })
    ));
    assert!(matches!(
        Volume::parse("0.0001 uL"),
        Err(QuantityError::TooFine { .. })
    ));
    assert!(matches!(Volume::parse("lots"), Err(QuantityError::NotANumber(_))));
    assert!(matches!(
        Volume::parse("99999999999999999999 L"),
        Err(QuantityError::OutOfRange(_))
    ));
    assert!(Volume::parse("1e9 uL").is_err());
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(nl in -10_000_000_000_i64..10_000_000_000) {
        let volume = Volume::nl(nl);
        prop_assert_eq!(Volume::parse(&volume.to_string()), Ok(volume));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,20}") {
        let _ = Volume::parse(&text);
    }
}
