use super::*;

#[test]
fn a_limit_that_is_reached_and_a_day_that_is_past_are_told() {
    let service = Service {
        limits: [(Counter::PlungerStrokes, 100)].into(),
        serviced: Day::parse("2026-10-01"),
        due: Day::parse("2027-01-01"),
    };
    let told = |strokes, today| {
        let counts = [(Counter::PlungerStrokes, strokes), (Counter::DoorCycles, 9_999)].into();
        service.due_of("handler", &counts, Day::parse(today))
    };
    assert_eq!(told(99, "2027-01-01"), Vec::<String>::new());
    let over = told(100, "2027-01-01");
    assert!(
        over[0].starts_with("handler: 100 plunger strokes since 2026-10-01; it is due for service at 100"),
        "{over:?}"
    );
    let late = told(0, "2027-01-02");
    assert!(
        late[0].starts_with("handler: it was due for service on 2027-01-01"),
        "{late:?}"
    );
}
