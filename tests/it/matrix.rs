//! The fault matrix in small: each row of `examples/matrix.rs` with a few faults. The figures of docs/faults.md are those
//! of `.ci/long matrix`.

#[path = "../../examples/matrix/mod.rs"]
mod rows;

/// Tries a row until so many faults were felt.
fn row(name: &str, count: u64) {
    let row = rows::ROWS.iter().find(|row| row.name == name).unwrap();
    assert!(count <= row.figure, "{name} in small");
    let tally = (row.run)(count, 7);
    assert!(tally.faults > 0 && tally.good(), "{name} {}: {tally}", row.title);
}

macro_rules! rows {
    ($($test:ident: $name:literal, $count:literal;)*) => {
        $(#[test]
        fn $test() {
            row($name, $count);
        })*
    };
}

rows! {
    l1_a_lost_reply_is_asked_for_and_never_sent_again: "L1", 60;
    l2_a_lost_request_is_sent_once: "L2", 60;
    l3_a_late_reply_never_answers_another_question: "L3", 100;
    l4_a_wrong_check_sum_is_no_answer: "L4", 60;
    l5_flipped_text_is_never_believed: "L5", 60;
    l6_noise_and_echoes_are_dropped: "L6", 60;
    l7_the_second_of_two_replies_is_dropped: "L7", 60;
    l8_replies_in_pieces_are_put_together: "L8", 6;
    l9_replies_of_others_are_dropped: "L9", 40;
    l10_exceptions_move_nothing_twice: "L10", 3;
    l11_a_pulled_plug_doubles_nothing: "L11", 20;
    l12_swapped_cables_are_refused: "L12", 10;
    l13_sockets_without_a_peer_are_given_up: "L13", 12;
    d1_what_never_ends_is_given_up: "D1", 1;
    d2_a_stall_is_not_claimed: "D2", 15;
    d3_after_a_power_cut_nothing_is_guessed: "D3", 30;
    d4_nothing_moves_with_the_door_open: "D4", 6;
    d5_what_no_sensor_sees_the_ledger_shows: "D5", 8;
    d6_a_reading_that_was_cut_is_none: "D6", 10;
    d7_values_out_of_range_are_none: "D7", 2;
    d8_strangers_are_refused: "D8", 1;
}

/// A late answer to the question that brings driver and unit in step answered the next one of its kind, and a look from
/// before a plate was carried passed for one from after.
#[test]
fn stale_answers_to_the_question_that_asks_for_step_bring_nobody_in_step() {
    for seed in [11_000_034, 11_000_035, 11_000_036, 12_000_039] {
        let tally = rows::link_rows::late_seed(rows::subjects::Subject::Cytomat, seed);
        assert!(tally.good(), "seed {seed}: {tally}");
    }
}
