use super::*;

#[test]
fn the_hosts_typical_line_splits_into_its_codes() {
    let Line::Codes(codes) = parse("M907 A0.1 B0.05 C0.05 X0.3 Y0.3 Z0.1 G4 P0.005 G0 C100.3 G0 C100 ")
    else {
        panic!()
    };
    let names: Vec<String> = codes
        .iter()
        .map(|code| format!("{}{}", code.letter, code.number))
        .collect();
    assert_eq!(names, ["M907", "G4", "G0", "G0"]);
    assert_eq!(codes[2].value('C'), Some(100.3));
    assert_eq!(codes[0].value('Y'), Some(0.3));
}

#[test]
fn sub_codes_glued_words_text_arguments_and_faults_are_seen() {
    let Line::Codes(codes) = parse("G0F24000X-1.5Y2") else {
        panic!()
    };
    assert_eq!(
        (codes[0].value('F'), codes[0].value('X'), codes[0].value('Y')),
        (Some(24000.0), Some(-1.5), Some(2.0))
    );
    let Line::Codes(codes) = parse("M365.2 O5") else {
        panic!()
    };
    assert_eq!((codes[0].number, codes[0].sub), (365, 2));
    let Line::Codes(codes) = parse("M370 L 50320A") else {
        panic!()
    };
    assert_eq!(codes[0].words, ["L", "50320A"]);
    let Line::Codes(codes) = parse("G0 X1.2.3") else {
        panic!()
    };
    assert!(codes[0].bad.is_some());
    assert_eq!(parse("  "), Line::Empty);
    assert_eq!(parse("version"), Line::Word("version".into()));
}
