//! The `plated` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    plated::cli::main()
}
