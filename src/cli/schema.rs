//! `plated schema`: the JSON Schema of a kind of file, for editors.

use super::args;
use super::exit::{CliError, CliResult, Exit};
use crate::schema::{Language, json_schema, reference};

/// Prints it, or writes it into a folder.
pub fn schema(arguments: &args::Schema) -> CliResult {
    let found = Language::ALL.iter().find(|(word, _)| *word == arguments.language);
    let Some((word, language)) = found else {
        let message = format!("\"{}\" is no kind of file", arguments.language);
        return Err(CliError::new(Exit::Usage, message));
    };
    if arguments.reference {
        super::out::text(&reference(*language));
        return Ok(Exit::Done);
    }
    let text = serde_json::to_string_pretty(&json_schema(*language)).unwrap_or_default();
    let Some(folder) = &arguments.out else {
        super::out::line(&text);
        return Ok(Exit::Done);
    };
    let path = folder.join(format!("{word}.schema.json"));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&path, text + "\n"))
        .map_err(|e| CliError::new(Exit::Usage, format!("{} cannot be written: {e}", path.display())))?;
    super::out::line(&path.display().to_string());
    Ok(Exit::Done)
}
