use super::*;
use crate::rig::InstrumentId;
use crate::schedule::schedule;
use crate::schedule::testing::{after, operation, plan};

fn instrument(n: u8) -> Resource {
    Resource::Instrument(InstrumentId::new(format!("instrument-{n}")))
}

/// Six plates, each prepared for 50 s and read for 100 s.
fn reads() -> Plan {
    let visits = (0..6).flat_map(|n| {
        let first = operation(2 * n, &[(0, 50)]);
        let mut second = operation(2 * n + 1, &[(1, 100)]);
        second.after = vec![after(2 * n, 0, None)];
        [first, second]
    });
    plan(visits.collect())
}

#[test]
fn a_second_reader_helps_until_something_else_is_short() {
    let plan = reads();
    let known = schedule(&plan).unwrap();
    let with = |readers| what_if(&plan, &known, &BTreeMap::from([(instrument(1), readers)])).unwrap();
    let as_it_is = what_if(&plan, &known, &BTreeMap::new()).unwrap();
    assert_eq!(as_it_is.makespan, Duration::s(650));
    assert_eq!(as_it_is.bound, as_it_is.makespan);
    assert_eq!(as_it_is.bottleneck(), Some(&instrument(1)));
    // Six times 50 s, and the last read: the first instrument is as short as two readers.
    assert_eq!(with(2).makespan, Duration::s(400));
    assert_eq!(with(3).makespan, Duration::s(400));
    assert_eq!(with(3).bottleneck(), Some(&instrument(0)));
}
