use super::*;

type Files = BTreeMap<String, Vec<u8>>;

fn folder_of_a_run(base: &Path) -> RunFolder {
    let folder = RunFolder::create(base, None, &crate::run::RunId("small".into())).unwrap();
    fs::write(folder.journal(), b"plated\x00\x01").unwrap();
    fs::write(folder.data().join("readings.csv"), "a,b\n").unwrap();
    fs::write(folder.database(), "not packed").unwrap();
    fs::write(folder.anchor(), format!("1 {}\n", "00".repeat(32))).unwrap();
    fs::create_dir(folder.root().join("capture")).unwrap();
    fs::write(folder.root().join("capture/reader.log"), "> 01 03\n").unwrap();
    folder
}

#[test]
fn the_same_run_is_packed_into_the_same_bytes_and_read_back_whole() {
    let base = tempfile::tempdir().unwrap();
    let folder = folder_of_a_run(base.path());
    let bundle = Bundle::of(&folder).unwrap();
    let bytes = bundle.pack().unwrap();
    assert_eq!(bytes, Bundle::of(&folder).unwrap().pack().unwrap());
    let path = base.path().join("run.tar.gz");
    fs::write(&path, bytes).unwrap();
    let read = Bundle::open(&path).unwrap();
    assert_eq!(read, bundle);
    assert!(read.wrong().is_empty());
    let names: Vec<&str> = read.run_files().map(|(name, _)| name).collect();
    assert_eq!(names, ["capture/reader.log", "data/readings.csv", "journal.plj"]);
    assert_eq!(read.anchors().len(), 1);
}

#[test]
fn a_file_that_was_changed_added_or_taken_out_is_named() {
    let base = tempfile::tempdir().unwrap();
    let bundle = Bundle::of(&folder_of_a_run(base.path())).unwrap();
    let path = base.path().join("run.tar.gz");
    let wrong = |change: &dyn Fn(&mut Files)| {
        let mut changed = bundle.clone();
        change(&mut changed.files);
        fs::write(&path, changed.pack().unwrap()).unwrap();
        Bundle::open(&path).map(|b| b.wrong().to_vec())
    };
    let other = |files: &mut Files| {
        files.insert("run/data/readings.csv".into(), b"a,c\n".to_vec());
    };
    assert_eq!(
        wrong(&other).unwrap(),
        ["run/data/readings.csv is not what was packed"]
    );
    let gone = |files: &mut Files| {
        files.remove("anchors");
    };
    assert_eq!(wrong(&gone).unwrap(), ["anchors is missing"]);
    let more = |files: &mut Files| {
        files.insert("run/data/more.csv".into(), Vec::new());
    };
    assert_eq!(
        wrong(&more).unwrap(),
        ["run/data/more.csv was not packed with the others"]
    );
    let newer = |files: &mut Files| {
        files.insert(MANIFEST.into(), b"{\"format\": 2}".to_vec());
    };
    let refused = wrong(&newer).unwrap_err().to_string();
    assert!(
        refused.contains("is a bundle of version 2, and this program reads up to 1"),
        "{refused}"
    );
}

#[test]
fn an_archive_that_reaches_outside_or_is_none_is_refused() {
    let base = tempfile::tempdir().unwrap();
    let path = base.path().join("run.tar.gz");
    fs::write(&path, "no archive").unwrap();
    let refused = Bundle::open(&path).unwrap_err().to_string();
    assert!(
        refused.contains("is no bundle of a run: it cannot be unpacked"),
        "{refused}"
    );
    let zip = GzBuilder::new().write(Vec::new(), Compression::default());
    let mut archive = tar::Builder::new(zip);
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_link_name("/etc/passwd").unwrap();
    archive
        .append_data(&mut header, "run/journal.plj", &b"x"[..])
        .unwrap();
    fs::write(&path, archive.into_inner().unwrap().finish().unwrap()).unwrap();
    let refused = Bundle::open(&path).unwrap_err().to_string();
    assert!(refused.contains("has no business in it"), "{refused}");
}
