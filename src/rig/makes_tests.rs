use crate::rig::{BioTek, Driver, parse};
use crate::source::{SourceFile, render};
use std::collections::BTreeMap;

const READERS: &str = r#"
[rig]
name = "readers"
safe_height = "100 mm"

[instruments.hybrid]
kind = "biotek"
model = "synergy_h1"
link = { serial = "/dev/ttyUSB2", baud = 9600, format = "8N2", flow_control = "rts_cts" }
tray = "tray"
wavelengths = ["230 nm", "999 nm"]
fluorescence = true
luminescence = true

[instruments.star]
kind = "clariostar"
link = { serial = "/dev/ttyUSB3", baud = 125000 }
tray = "other-tray"
wavelengths = ["220 nm", "1000 nm"]
luminescence = true

[nests]
tray = { kind = "reader_tray", station = 1 }
other-tray = { kind = "reader_tray", station = 2 }
"#;

#[test]
fn readers_claim_what_their_makes_can_and_no_more() {
    let file = |text: &str| SourceFile {
        name: "readers.toml".into(),
        text: text.into(),
    };
    let (rig, found) = parse(&file(READERS), &BTreeMap::new());
    assert_eq!(found, []);
    let rig = rig.unwrap();
    let named = |name: &str| rig.instruments.get(name).unwrap();
    assert_eq!(named("hybrid").driver, Driver::BioTek(BioTek::SynergyH1));
    assert_eq!(named("star").driver, Driver::ClarioStar);
    let link = &named("hybrid").link;
    assert!(link.manner().rts_cts && !link.manner().oem);
    assert!(!named("star").link.manner().rts_cts);
    for (_, model) in BioTek::ALL {
        let text = READERS.replace("synergy_h1", model.word());
        assert_eq!(
            parse(&file(&text), &BTreeMap::new()).0.is_some(),
            model.measures_light()
        );
    }
    for (from, to, says) in [
        (
            "\"synergy_h1\"",
            "\"synergy_h9\"",
            "use one of synergy_h1, epoch, cytation_1, cytation_5",
        ),
        (
            "\"synergy_h1\"",
            "\"epoch\"",
            "a BioTek Epoch measures absorbance only",
        ),
        (
            "\"999 nm\"",
            "\"1000 nm\"",
            "this reader measures from 230 nm to 999 nm",
        ),
        (
            "\"220 nm\"",
            "\"190 nm\"",
            "this reader measures from 200 nm to 1000 nm",
        ),
        (
            "125000 }\n",
            "125000 }\nfluorescence = true\n",
            "how a CLARIOstar is asked for fluorescence is not known",
        ),
        (
            "tray = \"tray\"",
            "tray = \"tray\"\narea_scan = 5",
            "unknown key `area_scan`",
        ),
        (
            "\"rts_cts\"",
            "\"xon_xoff\"",
            "is \"none\" or \"rts_cts\", not \"xon_xoff\"",
        ),
        (
            "flow_control = \"rts_cts\"",
            "framing = \"oem\"",
            "`framing` is the choice of Cavro pumps",
        ),
        (
            "serial = \"/dev/ttyUSB3\", baud = 125000",
            "tcp = \"10.0.0.7:4001\", flow_control = \"rts_cts\"",
            "a socket has no lines RTS and CTS",
        ),
    ] {
        let text = READERS.replacen(from, to, 1);
        assert_ne!(text, READERS, "{from}");
        let file = file(&text);
        let (rig, found) = parse(&file, &BTreeMap::new());
        assert!(rig.is_none(), "{to}");
        let told = render(&found, &[file], false);
        assert!(told.contains(says), "{to}: {told}");
    }
}
