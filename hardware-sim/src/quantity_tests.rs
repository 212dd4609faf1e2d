use super::*;

#[test]
fn units_are_read_and_wrong_ones_named() {
    assert_eq!(Mm::parse("-0.8 mm"), Ok(Mm(-0.8)));
    assert_eq!(Nl::parse("105 mL"), Ok(Nl(105e6)));
    assert_eq!(PerHour::parse("0.42 /h"), Ok(PerHour(0.42)));
    assert_eq!(NlPerHour::parse("6 µL/h"), Ok(NlPerHour(6000.0)));
    assert_eq!(Seconds::parse("4 min"), Ok(Seconds(240.0)));
    assert!(Mm::parse("3 uL").is_err_and(|e| e.contains("mm")));
    assert!(Mm::parse("mm").is_err());
}

#[test]
fn a_share_is_a_number_or_a_text_with_a_percent_sign() {
    #[derive(Deserialize)]
    struct Table {
        share: Share,
    }
    let read = |text: &str| toml::from_str::<Table>(text).map(|t| t.share);
    assert_eq!(read("share = 0.008"), Ok(Share(0.008)));
    assert_eq!(read("share = \"0.8 %\""), Ok(Share(0.008)));
    assert!(read("share = \"0.8 uL\"").is_err());
}
