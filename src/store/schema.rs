//! Tables. A changed schema raises [`VERSION`]; an older file is rebuilt from its journal.

/// Version kept in `PRAGMA user_version`.
pub const VERSION: i32 = 5;

/// Statements that make an empty database.
pub const CREATE: &str = "
CREATE TABLE progress (only INTEGER PRIMARY KEY CHECK (only = 1), sequence INTEGER NOT NULL);
INSERT INTO progress VALUES (1, 0);
CREATE TABLE run (
    sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, protocol TEXT NOT NULL, started_us INTEGER NOT NULL,
    seed INTEGER NOT NULL, simulated INTEGER NOT NULL, version TEXT NOT NULL, ending TEXT,
    commissioning TEXT);
CREATE TABLE calibration (
    sequence INTEGER NOT NULL, name TEXT PRIMARY KEY, record TEXT NOT NULL);
CREATE TABLE plate (
    sequence INTEGER NOT NULL, id TEXT PRIMARY KEY, labware TEXT NOT NULL, barcode TEXT, plate_group TEXT NOT NULL);
CREATE TABLE sample (
    sequence INTEGER NOT NULL, plate TEXT NOT NULL, well TEXT NOT NULL, strain TEXT, role TEXT NOT NULL,
    PRIMARY KEY (plate, well));
CREATE TABLE operation (
    sequence INTEGER NOT NULL, id INTEGER PRIMARY KEY, step TEXT NOT NULL, title TEXT NOT NULL,
    started_us INTEGER, ended_us INTEGER, skipped TEXT);
CREATE TABLE action (
    sequence INTEGER NOT NULL, id INTEGER PRIMARY KEY, operation INTEGER NOT NULL, actor TEXT NOT NULL,
    name TEXT NOT NULL, plate TEXT, detail TEXT NOT NULL, intended_us INTEGER NOT NULL, ended_us INTEGER,
    outcome TEXT NOT NULL, evidence TEXT);
CREATE TABLE reading (
    sequence INTEGER NOT NULL, id INTEGER PRIMARY KEY, plate TEXT NOT NULL, step TEXT NOT NULL,
    cycle INTEGER NOT NULL, at_us INTEGER NOT NULL, wavelength_nm INTEGER, lidded INTEGER NOT NULL,
    late_us INTEGER, shaken_us INTEGER NOT NULL, measure TEXT NOT NULL, excitation_nm INTEGER, emission_nm INTEGER,
    gain INTEGER, integration_us INTEGER, commissioning TEXT);
CREATE TABLE reading_value (
    reading INTEGER NOT NULL, well TEXT NOT NULL, value REAL, PRIMARY KEY (reading, well)) WITHOUT ROWID;
CREATE TABLE reading_point (
    reading INTEGER NOT NULL, well TEXT NOT NULL, point INTEGER NOT NULL, value REAL,
    PRIMARY KEY (reading, well, point)) WITHOUT ROWID;
CREATE TABLE measurement (
    sequence INTEGER PRIMARY KEY, step TEXT NOT NULL, instrument TEXT NOT NULL, quantity TEXT NOT NULL,
    at_us INTEGER NOT NULL, value REAL NOT NULL, unit TEXT NOT NULL);
CREATE TABLE finding (sequence INTEGER NOT NULL, step TEXT PRIMARY KEY, detail TEXT NOT NULL);
CREATE TABLE volume (
    sequence INTEGER NOT NULL, step TEXT NOT NULL, method TEXT NOT NULL, pipette TEXT NOT NULL, tips TEXT, class TEXT,
    channel INTEGER, asked_ul REAL NOT NULL, stroke_ul REAL NOT NULL, n INTEGER NOT NULL, mean_ul REAL NOT NULL,
    systematic_error REAL NOT NULL, random_error REAL, most_systematic_error REAL NOT NULL,
    most_random_error REAL NOT NULL, passed INTEGER NOT NULL);
CREATE TABLE answer (step TEXT PRIMARY KEY, kind TEXT NOT NULL, value);
CREATE TABLE question (
    sequence INTEGER NOT NULL, id INTEGER PRIMARY KEY, text TEXT NOT NULL, asked_us INTEGER NOT NULL,
    answer TEXT, answered_by TEXT, answered_us INTEGER);
CREATE TABLE given_up (
    sequence INTEGER NOT NULL, plate TEXT NOT NULL, well TEXT, operation INTEGER NOT NULL, at_us INTEGER NOT NULL,
    why TEXT NOT NULL, taken INTEGER NOT NULL);
CREATE TABLE replaced_plate (
    sequence INTEGER PRIMARY KEY, plate TEXT NOT NULL, operation INTEGER NOT NULL, at_us INTEGER NOT NULL,
    barcode TEXT, why TEXT NOT NULL);
CREATE TABLE failure (sequence INTEGER PRIMARY KEY, action INTEGER NOT NULL, at_us INTEGER NOT NULL, detail TEXT NOT NULL);
";
