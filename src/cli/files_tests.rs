use super::*;

fn given(parameters: &[&str], file: Option<&Path>) -> args::Parameters {
    args::Parameters {
        parameters: parameters.iter().map(|p| (*p).to_owned()).collect(),
        parameter_file: file.map(Path::to_owned),
    }
}

#[test]
fn values_of_the_command_line_win_over_those_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.toml");
    std::fs::write(&path, "plates = 4\nvolume = \"20 uL\"\nod = 0.5\nlids = true\n").unwrap();
    let values = parameters(&given(&["plates=8"], Some(&path))).unwrap();
    let shown: Vec<_> = values.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(shown, ["lids=true", "od=0.5", "plates=8", "volume=20 uL"]);
}

#[test]
fn a_file_that_is_no_flat_table_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.toml");
    for (text, why) in [
        ("[a]\nb = 1\n", "flat table"),
        ("a = [1]\n", "flat table"),
        ("a = \n", "expected"),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = parameters(&given(&[], Some(&path))).unwrap_err();
        assert!(
            error.message.contains("values.toml") && error.message.contains(why),
            "{}",
            error.message
        );
        assert_eq!(error.exit, Exit::Usage);
    }
    assert!(
        parameters(&given(&["plates"], None))
            .unwrap_err()
            .message
            .contains("plates=8")
    );
}
