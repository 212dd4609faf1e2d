use super::{Death, Moment};

#[test]
fn a_death_is_named_by_a_write_and_a_moment() {
    for moment in Moment::ALL {
        let death = Death::parse(&format!("12 {}", moment.word())).unwrap();
        assert_eq!((death.write, death.moment), (12, moment));
    }
    for wrong in ["", "12", "0 torn", "12 later", "torn 12", "-1 torn", "12  torn"] {
        let error = Death::parse(wrong).unwrap_err();
        assert!(error.to_string().contains("names no write"), "{wrong}");
    }
}

#[test]
fn it_is_due_at_its_own_write_alone() {
    let mut death = Death::parse("2 written").unwrap();
    let mut due = Vec::new();
    for write in 1..=3 {
        death.begins();
        due.extend(
            Moment::ALL
                .into_iter()
                .filter(|m| death.is_due(*m))
                .map(|m| (write, m)),
        );
    }
    assert_eq!(due, [(2, Moment::Written)]);
}
