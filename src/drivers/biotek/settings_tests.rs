use super::*;

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn published_parameters() {
    assert_eq!(
        text(&absorbance([1, 1, 8, 12], 580)),
        "004701010108120001200100001100100000106000080580113\x03"
    );
    let gathering = Duration::ms(400);
    for (wells, published) in [
        (
            [1, 1, 7, 1],
            "008401010107010001200100001100100000123000020200200-001000-00300000000000000000001351086",
        ),
        (
            [2, 2, 7, 3],
            "008401020207030001200100001100100000123000020200200-001000-00300000000000000000001351090",
        ),
        (
            [4, 4, 6, 4],
            "008401040406040001200100001100100000123000020200200-001000-00300000000000000000001351094",
        ),
    ] {
        assert_eq!(text(&luminescence(wells, gathering)), published);
    }
    assert_eq!(
        text(&fluorescence([1, 1, 8, 12], 485, 528)),
        "0084010101081200012001000011001000001350001002002000485000052800000000000000000021001119\x03"
    );
    assert_eq!(focus(true), b"621720\x03");
    assert_eq!(focus(false), b"318720\x03");
}

#[test]
fn the_first_four_digits_count_the_rest_without_its_end() {
    for parameter in [
        absorbance([1, 1, 8, 12], 580),
        luminescence([1, 1, 8, 12], Duration::s(2)),
        fluorescence([1, 1, 8, 12], 485, 528),
    ] {
        let said: usize = text(&parameter).get(..4).unwrap().parse().unwrap();
        let digits = parameter.iter().filter(|b| **b != ETX).count();
        assert_eq!(digits, said + 4, "{}", text(&parameter));
    }
}

#[test]
fn wells_stand_as_the_standard_says() {
    // Rows, columns, A1 and H12 from the back, A1 and H12 from the left, width, length, height.
    assert_eq!(
        text(&geometry(WELLS_96)),
        "08120112407424014381133808548127761435\x03"
    );
    assert_eq!(
        text(&geometry(WELLS_384)),
        "16240089907649012131156308548127761435\x03"
    );
}

#[test]
fn times_of_gathering_light_are_told_in_fiftieths() {
    let told = |ms| {
        let told = luminescence([1, 1, 8, 12], Duration::ms(ms));
        text(&told).get(41..45).unwrap().to_owned()
    };
    assert_eq!(told(400), "0020");
    assert_eq!(told(1_000), "0500");
    assert_eq!(told(2_600), "1030");
    assert_eq!(told(19_800), "9540");
}
