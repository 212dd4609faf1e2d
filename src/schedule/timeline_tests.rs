use super::*;
use proptest::prelude::*;

fn span(from: u64, to: u64) -> Span {
    Span {
        resource: 0,
        from,
        to,
    }
}

#[test]
fn a_claim_finds_the_first_gap_that_is_long_enough() {
    let mut lines = Timelines::new(1);
    lines.take(&[span(0, 10)], 0);
    lines.take(&[span(0, 10)], 15);
    assert_eq!(lines.next_free(&[span(0, 5)], 0), 10);
    assert_eq!(lines.next_free(&[span(0, 6)], 0), 25);
    assert_eq!(lines.next_free(&[span(2, 5)], 0), 8);
    assert_eq!(lines.next_free(&[span(3, 3)], 4), 4, "nothing is claimed");
}

proptest! {
    /// Against minutes ticked off one by one.
    #[test]
    fn taking_and_giving_back_are_exact(
        steps in proptest::collection::vec((0_u64..100, 1_u64..20, any::<bool>()), 1..60),
        from in 0_u64..120,
        length in 1_u64..15,
    ) {
        let mut lines = Timelines::new(1);
        let mut ticks = [false; 200];
        let mut held: Vec<(u64, u64)> = Vec::new();
        for (at, length, give) in steps {
            if let Some((start, length)) = held.pop().filter(|_| give) {
                lines.give_back(&[span(0, length)], start);
                ticks[start as usize..(start + length) as usize].fill(false);
            }
            let start = lines.next_free(&[span(0, length)], at);
            if start + length < 200 {
                prop_assert!(ticks[start as usize..(start + length) as usize].iter().all(|t| !t));
                lines.take(&[span(0, length)], start);
                ticks[start as usize..(start + length) as usize].fill(true);
                held.push((start, length));
            }
        }
        let expected = (from..200).find(|s| (*s..s + length).all(|t| !ticks.get(t as usize).copied().unwrap_or(false)));
        prop_assert_eq!(Some(lines.next_free(&[span(0, length)], from)), expected.or(Some(200)));
    }
}
