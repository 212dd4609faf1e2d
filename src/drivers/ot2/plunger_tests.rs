use super::*;

fn at(model: &str, nl: i64) -> Option<i64> {
    Model::named(model)
        .unwrap()
        .position(Volume::nl(nl))
        .map(Length::get)
}

#[test]
fn plungers_stand_where_the_makers_tables_put_them() {
    // bottom + v / (a·v + b), by hand from the published rows.
    assert_eq!(at("p300_multi_v2.1", 0), Some(-14_500));
    assert_eq!(at("p300_multi_v2.1", 200_000), Some(7_202)); // 200 / (0.0007·200 + 9.0758) = 21.702
    assert_eq!(at("p300_multi_v2.1", 20_000), Some(-12_163)); // 20 / (0.0253·20 + 8.0502) = 2.337
    assert_eq!(at("p20_single_v2.2", 10_000), Some(4_842)); // 10 / (0.0019·10 + 0.7305) = 13.342
    assert_eq!(at("p1000_single_v2.0", 500_000), Some(-66)); // 500 / (0.0005667·500 + 26.84) = 18.434
}

#[test]
fn there_is_no_extrapolation() {
    assert_eq!(at("p300_multi_v2.1", 301_460), None);
    assert_eq!(at("p20_single_v2.2", 21_329), None);
    assert_eq!(at("p20_single_v2.2", -1), None);
}

#[test]
fn every_table_is_monotonic_and_its_plunger_stays_within_its_travel() {
    for name in Model::names() {
        let model = Model::named(name).unwrap();
        assert!(model.drop_um < model.bottom_um && model.bottom_um < model.top_um);
        let most: i64 = (model.table.last().unwrap().0 * 1000.0)
            .floor()
            .to_string()
            .parse()
            .unwrap();
        let mut last = model.bottom_um;
        for step in 1..=1000 {
            let position = at(name, most * step / 1000).unwrap();
            // Between rows the tables step back by a few micrometres.
            assert!(position > last - 200, "{name} at {step}: {position} after {last}");
            assert!(position < 20_000, "{name}");
            last = position;
        }
    }
}

#[test]
fn a_flow_becomes_a_feed() {
    let feed = |model, flow| Model::named(model).unwrap().feed(FlowRate::nl_per_s(flow));
    assert_eq!(feed("p300_multi_v2.1", 94_000), 608); // 94 / 9.2793 · 60
    assert_eq!(feed("p20_single_v2.2", 7_560), 595); // 7.56 / 0.7626 · 60
    assert_eq!(feed("p20_single_v2.2", 1), 1);
    assert_eq!(feed("p20_single_v2.2", 1_000_000_000), 2400);
}
