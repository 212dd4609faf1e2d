//! Names that a rig file gives, each a type of its own.

use crate::units::text_name;

text_name!(
    /// An instrument of the rig, as "reader".
    InstrumentId
);
text_name!(
    /// A named place for one plate, rack or lid, as "deck-1"; slots of an incubator are "incubator-1" and so on.
    NestId
);
text_name!(
    /// A pipette of a liquid handler, as "p300-multi".
    PipetteId
);
text_name!(
    /// A space that moving bodies share, as "deck".
    ZoneId
);
text_name!(
    /// A contact that is read, as "emergency_stop".
    InputId
);
text_name!(
    /// A module with inputs, as "io".
    InputModuleId
);
text_name!(
    /// Something that a regulator measures or holds, as "temperature".
    QuantityId
);
