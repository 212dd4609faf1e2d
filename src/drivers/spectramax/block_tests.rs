use super::*;

#[test]
fn the_blocks_of_the_dossier() {
    let one = "12345.6\t25.1\t96-well\r\nL:\t260\r\nL:\t260\r\n1:\t0.1\t0.2\r\n2:\t0.3\t0.4\r\n";
    let sections = read(one).unwrap();
    assert_eq!(sections.len(), 1);
    assert_eq!(sections[0].wavelengths, ["260"]);
    // Row by row: A1 A2, B1 B2.
    let rows = sections[0].by_row((2, 2)).unwrap();
    assert_eq!(rows, [Some(0.1), Some(0.3), Some(0.2), Some(0.4)]);
    assert_eq!(sections[0].by_row((8, 12)), None);

    let two =
        "1\t25.1\tp\nL:\t260\t280\nL:\t260\n1:\t0.1\t0.2\n2:\t0.3\t0.4\nL:\t280\n1:\t0.5\t0.6\n2:\t0.7\t0.8";
    let sections = read(two).unwrap();
    let at: Vec<&str> = sections.iter().map(|s| s.wavelengths[0].as_str()).collect();
    assert_eq!(at, ["260", "280"]);
    assert_eq!(sections[1].columns[1], [Some(0.7), Some(0.8)]);

    let fluorescence =
        "1\t25.1\tp\r\nexL:\t485\r\nemL:\t520\r\nL:\t485\t520\r\n1:\t100\t#SAT\r\n2:\tabc\t7.5\r\n";
    let sections = read(fluorescence).unwrap();
    assert_eq!(sections[0].wavelengths, ["485", "520"]);
    assert_eq!(
        sections[0].by_row((2, 2)).unwrap(),
        [Some(100.0), None, None, Some(7.5)]
    );
    let luminescence = read("1\t25\tp\nL:\t\t590\n1:\t9").unwrap();
    assert_eq!(luminescence[0].wavelengths, ["", "590"]);
}

#[test]
fn what_is_not_quite_a_block_is_none() {
    for wrong in [
        "",
        "1\t25.1\tp",
        "x\t25.1\tp\nL:\t260\n1:\t0.1",
        "1\t25.1\nL:\t260\n1:\t0.1",
        "1\t25.1\tp\n1:\t0.1",
        "1\t25.1\tp\nL:\t260\n2:\t0.1",
        "1\t25.1\tp\nL:\t260\n1:\t0.1\n3:\t0.1",
        "1\t25.1\tp\nL:\t260\n1\t0.1",
    ] {
        assert_eq!(read(wrong), None, "{wrong:?}");
    }
}
