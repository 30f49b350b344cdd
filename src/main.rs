//! Parses the command line and runs the command.

fn main() -> std::process::ExitCode {
    greenroom::cli::run()
}
