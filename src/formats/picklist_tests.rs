use super::*;
use crate::plan::Pick;

fn list() -> Picklist {
    let pick = |strain: &str, from: &str, to: &str| Pick {
        strain: strain.into(),
        from_plate: "source".into(),
        from: from.parse().expect("a well"),
        to_plate: "hits".into(),
        to: to.parse().expect("a well"),
    };
    Picklist {
        picks: vec![
            pick("S01", "A2", "A1"),
            pick("=S02", "H12", "B1"),
            pick("'q", "C3", "C1"),
        ],
    }
}

#[test]
fn a_picklist_reads_back() {
    let bytes = picklist_csv(&list(), Some(Volume::nl(10_500)));
    let lines = parse_picklist_csv(&bytes).expect("our own file");
    for (line, pick) in lines.iter().zip(&list().picks) {
        assert_eq!(
            (line.from, line.to, line.volume),
            (pick.from, pick.to, Some(Volume::nl(10_500)))
        );
        assert_eq!(line.sample.as_deref(), Some(pick.strain.as_str()));
    }
    assert_eq!(lines.len(), 3);
}

#[test]
fn the_file_looks_as_other_software_wants_it() {
    let text = String::from_utf8(picklist_csv(&list(), Some(Volume::nl(10_000)))).expect("UTF-8");
    let expected = "Source Plate Name,Source Well,Destination Plate Name,Destination Well,Transfer Volume (uL),Sample\n\
        source,A2,hits,A1,10,S01\nsource,H12,hits,B1,10,'=S02\nsource,C3,hits,C1,10,''q\n";
    assert_eq!(text, expected);
}

#[test]
fn wrong_lists_are_told_apart() {
    let header =
        "Source Well,Source Plate Name,destination plate name,Destination Well,Transfer Volume (uL)\n";
    let good = parse_picklist_csv(format!("{header}A1,p,q,B2,0.5\n").as_bytes()).expect("any order and case");
    assert_eq!(good.first().and_then(|l| l.volume), Some(Volume::nl(500)));
    let wrong = |line: &str| parse_picklist_csv(format!("{header}{line}\n").as_bytes());
    assert!(matches!(
        wrong("ZZZ,p,q,B2,1"),
        Err(PicklistError::Well { line: 2, .. })
    ));
    assert!(matches!(
        wrong("A1,p,q,B2,much"),
        Err(PicklistError::Volume { line: 2, .. })
    ));
    assert!(matches!(wrong("A1,p,q"), Err(PicklistError::Csv(_))));
    assert_eq!(
        parse_picklist_csv(b"Source Well\nA1\n"),
        Err(PicklistError::NoColumn("Source Plate Name"))
    );
}
