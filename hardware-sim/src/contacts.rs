//! Contacts of emergency stops and doors, and the modules that read them.

use crate::{
    SimError,
    core::{CONTROL, Core, OPERATOR},
    fault::{Fault, Trouble},
    instruments::{Framing, InputModule, ModbusServer, TextInputModule, Twin},
    ledger::Event,
    text::Contact,
};
use std::collections::BTreeMap;

impl Core {
    /// Twins of the modules that read contacts.
    pub(crate) fn input_modules(&mut self, seed: u64) -> Result<(), SimError> {
        for (name, module) in self.world.rig.input_modules.clone() {
            let fault = |message: String| SimError::Text {
                what: format!("[input_modules.{name}] of the rig file"),
                message,
            };
            if self.is_serial(&name).is_ok() || [OPERATOR, CONTROL].contains(&name.as_str()) {
                return Err(fault("the name is taken".into()));
            }
            let contacts: BTreeMap<String, Contact> = self
                .world
                .rig
                .inputs
                .iter()
                .filter(|(_, input)| input.module == name)
                .map(|(input, entry)| (input.clone(), entry.read.clone()))
                .collect();
            let spoken = contacts.values().any(|c| matches!(c, Contact::Line { .. }));
            let twin: Box<dyn Twin> = if spoken {
                Box::new(TextInputModule::new(contacts))
            } else {
                let framing = if module.link.is_rtu() {
                    Framing::Rtu
                } else {
                    Framing::Tcp
                };
                let unit = module.link.unit.unwrap_or(1);
                Box::new(ModbusServer::new(InputModule::new(contacts), framing, unit))
            };
            self.install(seed, &name, twin, Some(&module.link));
        }
        Ok(())
    }

    /// Opens or closes a contact.
    pub(crate) fn contact(&mut self, input: &str, fault: Fault) {
        self.world.troubles.over(input, Trouble::ContactOpen);
        if let Some((trouble, times)) = fault.trouble() {
            self.world.troubles.plant(input, trouble, times);
        }
        let (instrument, text) = (input.to_owned(), format!("{fault:?}"));
        self.world.record(self.now(), Event::Fault { instrument, text });
    }
}
