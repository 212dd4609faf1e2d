#!/usr/bin/env bash
# seeds.sh: what the fuzzing of each decoder begins with, below fuzz/corpus: files of the project, and one right answer of each kind.
set -euo pipefail
cd "$(dirname "$0")/.."
corpus=fuzz/corpus

# seed DECODER NAME FORMAT: one input, written as printf has it.
seed() {
  mkdir -p "$corpus/$1"
  # shellcheck disable=SC2059
  printf "$3" >"$corpus/$1/$2"
}
# files DECODER PREFIX FILES…: files, with the bytes before them that choose what they are.
files() {
  local decoder=$1 prefix=$2 path
  shift 2
  mkdir -p "$corpus/$decoder"
  for path in "$@"; do
    # shellcheck disable=SC2059
    [ -f "$path" ] && { printf "$prefix"; cat "$path"; } >"$corpus/$decoder/$(printf '%s' "$prefix" | tr -dc 0-9a-z)-$(basename "$path")"
  done
  return 0
}

files profile '' config/profiles/*.toml
files rig '' config/*.toml
files labware '' config/labware/* src/labware/definitions/*
files journal '\0' tests/cases/journals/*.plj
files lists '' protocols/probe-picks.csv
files colonies '' protocols/pin-colonies.csv protocols/picked-colonies.csv

seed ot2 bare '\0ok\r\nok\r\n'
seed ot2 position '\1M114.2\r\n\r\nok MCS: X:418.0000 Y:353.0000 Z:218.0000 A:218.0000 B:19.0000 C:19.0000\r\n\r\nok\r\nok\r\n'
seed ot2 homed '\2X:1 Y:1 Z:1 A:1 B:1 C:1\r\nok\r\nok\r\n'
seed ot2 memory '\3L:5033303053563230323032303032313030310000000000000000000000000000\r\nok\r\nok\r\n'
seed ot2 version '\4Build version: edge-66ec883NOMSD, Build date: Jan 1 2021\r\nok\r\nok\r\n'
seed ot2 alarm '\1error:Alarm lock\r\nALARM: Hard limit +X\r\nok\r\nok\r\n'
for n in 0 1 2 3; do
  data=$(sed -n "$((n + 1))p" <<<$'\n3000\ni\n737230 A')
  seed cavro-dt "answer-$n" "\\$n\\377/0\`$data\\3\\r\\n"
  seed cavro-oem "answer-$n" "\\$n\\1\`$data"
done
seed biotek acknowledged '\0\006'
seed biotek bare '\1\0060000\003'
seed biotek version '\4\0067110501 Version 1.02.3\0030000\003'
seed biotek temperature '\6\0062370\0030000\003'
seed biotek block '\7\0060000\00301,1,\r001,001,+0.123,001,002,+0.456\r\032000\0320000\003'
seed spectramax bare '\0OK\r\n>'
seed spectramax two '\1OK\r\n>OK\r\n>'
seed spectramax status '\2OK\r\n>\t0 IDLE\r\n>'
seed spectramax temperatures '\3OK\r\n>\t37.0\t36.9\r\n>'
seed spectramax data '\4OK\r\n>0.00\t37.0\tplate\r\nL:\t600\r\nL:\t600\r\n1:\t0.1\t0.2\t#SAT\r\n2:\t0.1\t0.2\t0.3\r\n>'
seed spectramax refused '\0FAIL 100\r\n>'
seed clariostar status '\0\1\1\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
seed clariostar values '\1\1\2\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
seed cytomat accepted '\0ok 02\r'
seed cytomat register '\1bs 02\r'
seed cytomat temperature '\4it +37.0 +36.9\r'
seed cytomat refused '\0er 03\r'
seed liconic ok '\0OK\r\n'
seed liconic open '\1CC\r\n'
seed liconic relay '\0021\r\n'
seed liconic register '\00300370\r\n'
seed precise-flex joints '\0000 100.0 45.0 180.0 -90.0 80.0\r\n'
seed precise-flex place '\0010 300.0 100.0 50.0 0.0 90.0 180.0 1\r\n'
seed precise-flex refused '\5-1012 *Joint out of range*\r\n'
seed precise-flex version '\0040 PreciseFlex 400\r\n'
for n in $(seq 0 40); do
  seed text-profiles "profile-$n" "\\$(printf '%03o' "$n")\\0\\1ok 37.0"
done
seed modbus-rtu words '\2\0\12\2\0\0\0\1\3\4\0\1\0\2'
seed modbus-rtu noise '\2\0\12\2\0\0\0\61zzz\3\4\0\1\0\2'
seed modbus-rtu exception '\2\0\12\2\0\0\0\1\203\2'
seed modbus-rtu who '\13\0\0\0\0\0\0\1\53\16\1\1\0\0\2\0\1A\1\1B'
seed modbus-tcp words '\2\0\12\2\0\0\0\1\3\4\0\1\0\2'
seed modbus-tcp raw '\2\0\12\2\0\0\0\0\0\7\0\0\0\7\1\3\4\0\1\0\2'
seed modbus-values word '\0\0\0\0\1\0\2'
seed modbus-server read '\0\3\0\0\0\12'
seed modbus-server write '\1\20\0\12\0\2\4\0\1\0\2'
seed modbus-server both '\0\27\0\0\0\2\0\1\0\1\2\0\1'
seed modbus-server who '\1\53\16\1\0'
seed journal events '\17{"Restarted":null}\n"Restarted"'
seed api submission '\0{"name":"p.toml","text":"","parameters":{"a":"b"},"files":{"x.csv":"a,b"}}'
seed api take-up '\1{"run":"2026-01-01-growth"}'
seed api stop '\2{"kind":"pause"}'
seed api answer '\3{"question":1,"answer":"done"}'
seed api repair '\4{"repair":{"repair":"place","plate":"p","nest":"deck-1"},"why":"carried by hand"}'
seed api volume '\4{"repair":{"repair":"volume","item":{"plate":"p"},"well":"A1","volume":1000},"why":"spilled"}'
seed documents picks '\0Source Plate Name,Source Well,Destination Plate Name,Destination Well,Transfer Volume (uL),Sample\nlibrary,A1,hits,A1,50,s1\n'
seed documents result '\1{}'
seed documents recording '\2946713600000000 > ?\\r\n946713600100000 < ok\\r\\n\n'
seed records calibration '[record]\nrig = "demo"\ninstrument = "handler"\nversion = 3\n[calibration]\nauthor = "Ada"\nresidual = "0.012 mm"\ndate = "2026-11-01"\nvalid_for = "180 d"\ndue = "2027-02-01"\ndeck = ["1.3 mm", "-0.8 mm", "0.5 mm"]\nturn = 0.250\ntilt = [-0.100, 0.050]\n'
