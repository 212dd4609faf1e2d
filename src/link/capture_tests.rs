use super::*;

#[test]
fn what_goes_over_a_line_is_readable_and_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("pump.txt");
    let clock = Clock::wall();
    let capture = of_size(&place, clock, 400);
    capture(Direction::Sent, b"/1?\\\r");
    capture(Direction::Received, &[0xff, b'/', b'0', 3]);
    let text = std::fs::read_to_string(&place).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with(r" > /1?\\\r"), "{text}");
    assert!(lines[1].ends_with(r" < \xff/0\x03"), "{text}");
    for _ in 0..200 {
        capture(Direction::Sent, b"0123456789");
    }
    let names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 5, "{names:?}");
    for name in names {
        assert!(std::fs::metadata(folder.path().join(name)).unwrap().len() <= 400);
    }
}
