//! What profiles of every kind have.

/// A number in the unit of what it belongs to: a bound, a scale.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Bound(
    /// The value.
    pub f64,
);

/// Where the value of an argument comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ArgumentSource {
    /// Station number of the nest that something is taken from.
    From,
    /// Station number of the nest that something is brought to.
    To,
    /// Grip height over the nest that something is taken from, in millimetres.
    GripHeight,
    /// Wavelength, in nanometres.
    Wavelength,
    /// Wavelength of the light that excites, in nanometres.
    Excitation,
    /// Wavelength of the light that is measured, in nanometres.
    Emission,
    /// Gain of the detector, a bare number.
    Gain,
    /// Time of gathering light per well, in milliseconds.
    Integration,
    /// Points along one side of an area scan.
    Points,
    /// From one point of an area scan to the next, in millimetres.
    Spacing,
    /// A temperature to take on, in degrees Celsius.
    Temperature,
    /// A time, in seconds.
    Duration,
    /// Relative centrifugal force, in multiples of gravity.
    Force,
    /// Speed of shaking, in revolutions per minute; 0 stops.
    Speed,
    /// Temperature of a heated lid, in degrees Celsius; the register's value named `none` where it is not heated.
    LidTemperature,
    /// Temperature held after a thermal program, in degrees Celsius; the register's value named `none` for none.
    HoldTemperature,
    /// The steps of a thermal program, four words each: how often the stage that begins with this step is run (0 on its
    /// further steps), temperature in 0.1 C (signed), time in 0.1 s as two words, high word first.
    Program,
    /// How many steps the program has.
    ProgramSteps,
    /// Temperature of the program's step that is being carried out, in degrees Celsius.
    StepTemperature,
    /// Time of that step, in seconds.
    StepDuration,
    /// The set-point of a quantity, in its unit.
    Value,
}

/// What a value must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// One of these words (or texts); of a value with named bits: one of these bits is set.
    Is(Vec<String>),
    /// None of them.
    IsNot(Vec<String>),
    /// A number between these.
    Between(Option<Bound>, Option<Bound>),
    /// A number that differs from an argument by no more than this.
    Near(String, Bound),
}
