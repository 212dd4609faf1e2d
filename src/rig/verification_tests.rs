use super::*;

fn one(mean: i64, asked: i64, passed: bool) -> Verified {
    #[expect(clippy::cast_precision_loss, reason = "small")]
    let systematic_error = mean as f64 / asked as f64 - 1.0;
    Verified {
        mean: Volume::nl(mean),
        systematic_error,
        random_error: 0.004,
        random_error_at_most: 0.006_58,
        n: 10,
        passed,
    }
}

fn record(points: &[(i64, i64, i64)]) -> VerificationRecord {
    VerificationRecord {
        rig: "verify".to_owned(),
        instrument: InstrumentId::new("handler"),
        pipette: PipetteId::new("p20-single"),
        tips: Some("tiprack-20".to_owned()),
        class: None,
        version: 3,
        method: "gravimetric".to_owned(),
        run: "a-run".to_owned(),
        protocol: "verify".to_owned(),
        author: "Ada \"A.\" Rivera".to_owned(),
        date: Day::parse("2026-11-01").unwrap(),
        due: None,
        simulated: true,
        volumes: points
            .iter()
            .map(|(asked, stroke, mean)| VerifiedVolume {
                asked: Volume::nl(*asked),
                stroke: Volume::nl(*stroke),
                all: one(*mean, *asked, true),
                channels: BTreeMap::from([(1, one(*mean, *asked, true)), (2, one(*mean + 5, *asked, true))]),
            })
            .collect(),
    }
}

fn in_force(record: VerificationRecord, rules: Option<VerificationRules>) -> Verifications {
    let key = (record.pipette.clone(), record.tips.clone(), record.class.clone());
    Verifications {
        rules,
        records: BTreeMap::from([(key, record)]),
    }
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let mut written = record(&[(2_000, 2_000, 2_043), (18_000, 18_000, 18_301)]);
    written.due = Day::parse("2027-11-01");
    for record in [
        &written,
        &VerificationRecord {
            tips: None,
            class: Some("viscous".into()),
            simulated: false,
            ..written.clone()
        },
    ] {
        let file = SourceFile {
            name: "record".to_owned(),
            text: record.to_text(),
        };
        assert!(VerificationRecord::is_in(&file));
        let (mut read, found) = VerificationRecord::parse(&file);
        assert_eq!(found, []);
        for volume in read.iter_mut().flat_map(|r| &mut r.volumes) {
            for one in std::iter::once(&mut volume.all).chain(volume.channels.values_mut()) {
                one.systematic_error = (one.systematic_error * 1e6).round() / 1e6;
            }
        }
        let mut wanted = record.clone();
        for volume in &mut wanted.volumes {
            for one in std::iter::once(&mut volume.all).chain(volume.channels.values_mut()) {
                one.systematic_error = (one.systematic_error * 1e6).round() / 1e6;
            }
        }
        assert_eq!(read, Some(wanted));
    }
}

#[test]
fn strokes_are_paired_with_what_they_delivered_and_what_does_not_ascend_is_left_out() {
    let record = record(&[
        (2_000, 2_000, 2_043),
        (10_000, 10_000, 10_150),
        (11_000, 11_000, 10_140),
    ]);
    let nl = |a, b| (Volume::nl(a), Volume::nl(b));
    assert_eq!(record.correction(), [nl(2_043, 2_000), nl(10_140, 11_000)]);
}

#[test]
fn a_class_has_its_own_record_or_the_one_without_a_class() {
    let plain = record(&[(2_000, 2_000, 2_043)]);
    let mut own = plain.clone();
    own.class = Some("viscous".to_owned());
    let mut known = in_force(plain, None);
    let pipette = PipetteId::new("p20-single");
    let class = |known: &Verifications, class| {
        known
            .of(&pipette, Some("tiprack-20"), class)
            .map(|r| r.class.clone())
    };
    assert_eq!(class(&known, Some("viscous")), Some(None));
    let key = (own.pipette.clone(), own.tips.clone(), own.class.clone());
    known.records.insert(key, own);
    assert_eq!(class(&known, Some("viscous")), Some(Some("viscous".to_owned())));
    assert_eq!(class(&known, None), Some(None));
    assert_eq!(known.of(&pipette, Some("tiprack-300"), None), None);
    assert_eq!(
        known.random_error(&pipette),
        Some(Share::hundredths_of_percent(66))
    );
}

#[test]
fn what_was_never_verified_is_overdue_or_has_failed_is_told() {
    let today = Day::parse("2027-03-01");
    let about = |pipette| (pipette, Some("tiprack-20"), None);
    let pipette = PipetteId::new("p20-single");
    let rules = |valid_for| {
        Some(VerificationRules {
            valid_for,
            require: true,
        })
    };
    assert_eq!(Verifications::default().trouble(about(&pipette), today), None);
    let nothing = Verifications {
        rules: rules(None),
        ..Verifications::default()
    };
    let never = nothing.trouble(about(&pipette), today).unwrap();
    assert!(never.contains("never verified"), "{never}");
    let mut good = record(&[(2_000, 2_000, 2_043)]);
    assert_eq!(
        in_force(good.clone(), rules(None)).trouble(about(&pipette), today),
        None
    );
    let short = in_force(good.clone(), rules(Some(90)));
    assert_eq!(
        short.trouble(about(&pipette), None),
        None,
        "without a day nothing is overdue"
    );
    let late = short.trouble(about(&pipette), today).unwrap();
    assert!(late.contains("good until 2027-01-30"), "{late}");
    good.due = Day::parse("2026-12-24");
    let late = in_force(good.clone(), rules(Some(90)))
        .trouble(about(&pipette), today)
        .unwrap();
    assert!(late.contains("good until 2026-12-24"), "{late}");
    good.volumes[0].channels.get_mut(&2).unwrap().passed = false;
    let failed = in_force(good, None).trouble(about(&pipette), None).unwrap();
    assert!(failed.contains("failed its verification"), "{failed}");
}
