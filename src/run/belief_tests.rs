use super::*;

fn at(s: u64) -> Timestamp {
    Timestamp::default().plus(Duration::s(s))
}

fn empty_plan() -> Plan {
    Plan {
        corrections: Vec::new(),
        wastes: Vec::new(),
        commissioning: None,
        promises: Vec::new(),
        protocol: String::new(),
        title: String::new(),
        parameters: BTreeMap::new(),
        plates: BTreeMap::new(),
        pieces: BTreeMap::new(),
        operations: Vec::new(),
    }
}

fn moved(belief: &mut Belief, plate: &str, from: &str, to: &str) {
    let action = Action::MovePlate {
        plate: plate.into(),
        from: from.into(),
        to: to.into(),
    };
    belief.took_place(&empty_plan(), &action, at(0));
}

#[test]
fn the_map_of_nests_follows_every_plate() {
    let mut belief = Belief::default();
    moved(&mut belief, "a", "hotel-1", "sealer");
    moved(&mut belief, "b", "hotel-2", "hotel-1");
    assert_eq!(belief.plate_at(&"sealer".into()), Some(&"a".into()));
    moved(&mut belief, "a", "sealer", "deck-1");
    assert_eq!(belief.plate_at(&"sealer".into()), None);
    moved(&mut belief, "b", "hotel-1", "sealer");
    moved(&mut belief, "b", "sealer", "hotel-1");
    for (plate, nest) in &belief.places {
        assert_eq!(belief.plate_at(nest), Some(plate));
    }
}

#[test]
fn a_seal_is_on_until_it_is_peeled_and_a_station_shakes_the_plate_in_it_alone() {
    let mut belief = Belief::default();
    moved(&mut belief, "a", "hotel-1", "shaker");
    moved(&mut belief, "b", "hotel-2", "sealer");
    let seal = Action::Seal {
        plate: "b".into(),
        temperature: crate::units::Temperature::milli_celsius(165_000),
        duration: Duration::s(3),
    };
    belief.took_place(&empty_plan(), &seal, at(1));
    assert!(belief.sealed.contains("b"));
    belief.took_place(&empty_plan(), &Action::Peel { plate: "b".into() }, at(2));
    assert!(belief.sealed.is_empty());
    belief.station_shakes(&"shaker".into(), true, at(10));
    belief.station_shakes(&"shaker".into(), false, at(70));
    assert_eq!(belief.shaken.get("a"), Some(&Duration::s(60)));
    assert_eq!(belief.shaken.get("b"), None);
}
