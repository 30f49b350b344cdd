//! The commands: `serve`, `migrate`, `seed`, `user create`, `extract` (the sandboxed child), `openapi`,
//! `config`.

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

use crate::analysis::extract::child::run_child;
use crate::app;
use crate::app::intelligence::Intelligence;
use crate::config::{LogFormat, LogSettings, Settings};
use crate::domain::clock::Clock;
use crate::domain::error::Error;
use crate::domain::user::Role;
use crate::http::openapi;
use crate::services::accounts::{Accounts, Registration};
use crate::services::{calibration, qa_eval};
use crate::store::Store;

/// A self-hosted chat server and interview coach.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API, the sockets and the page (the default).
    Serve,
    /// Change the schema of the database, or show where it stands.
    Migrate {
        #[arg(value_enum)]
        action: Migration,
        /// How many migrations `down` undoes.
        #[arg(long, default_value_t = 1)]
        steps: u32,
    },
    /// Make the four demo users. Refused in production.
    Seed,
    /// Manage accounts.
    #[command(subcommand)]
    User(UserCommand),
    /// Read a document from standard input, write its text as JSON: what the server runs as its child.
    Extract {
        /// The name of the file, a hint where its content does not tell the type.
        #[arg(long)]
        filename: Option<String>,
    },
    /// Measure a part of the server on data from outside.
    #[command(subcommand)]
    Eval(EvalCommand),
    /// Print the description of the API, OpenAPI 3.1 as JSON.
    Openapi,
    /// Show the effective configuration, secrets masked.
    Config,
}

#[derive(Subcommand)]
enum EvalCommand {
    /// Match questions with saved ones: a `greenroom-qa/1` request on standard input, its answer on standard output.
    Qa,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Make an account; the password is read from standard input.
    Create {
        #[arg(long)]
        username: String,
        #[arg(long)]
        email: String,
        /// customer, agent or super-agent.
        #[arg(long, default_value = "customer")]
        role: String,
        #[arg(long)]
        name: Option<String>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Migration {
    Up,
    Down,
    Status,
}

/// What a command ends with: a sentence for a person, and the exit code.
struct Failure {
    message: String,
    code: u8,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let detail = error.detail.as_deref().map(|detail| format!("\n  ({detail})")).unwrap_or_default();
        Self { message: format!("{}{detail}", error.message), code: 1 }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self { message: error.to_string(), code: 1 }
    }
}

/// Runs the command that the process was started with. Exit codes: 0 done, 1 failed, 2 wrong configuration or usage.
pub fn run() -> ExitCode {
    let command = Cli::parse().command.unwrap_or(Command::Serve);
    if let Command::Extract { filename } = command {
        // before any setting is read: the child has none, and no threads
        return run_child(filename);
    }
    app::memory::tune();
    // the description is the same whatever is configured
    let done = if matches!(command, Command::Openapi) { print_openapi() } else { configured(command) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("greenroom: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn configured(command: Command) -> Result<(), Failure> {
    let settings = Settings::from_env().map_err(|problems| Failure {
        message: format!("the configuration is not valid:\n  - {}", problems.join("\n  - ")),
        code: 2,
    })?;
    if matches!(command, Command::Config) {
        return print_config(&settings);
    }
    start_log(&settings.log);
    actix_web::rt::System::new().block_on(async move {
        match command {
            Command::Serve => app::serve(settings).await.map_err(Failure::from),
            Command::Migrate { action, steps } => migrate(&settings, action, steps).await,
            Command::Seed => seed(settings).await,
            Command::User(UserCommand::Create { username, email, role, name }) => {
                create_user(settings, username, email, &role, name).await
            }
            Command::Eval(EvalCommand::Qa) => eval_qa(&settings).await,
            Command::Extract { .. } | Command::Openapi | Command::Config => Ok(()),
        }
    })
}

/// What libraries say of their own: that a client sent no HTTP is an error to one, that a table is there already news to another.
const QUIET: &str = "sea_orm_migration=warn,actix_server=warn,actix_http=off,sqlx::postgres::notice=warn";

/// Log lines go to standard error: standard output is for what a command answers.
fn start_log(settings: &LogSettings) {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", settings.level)).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match settings.format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    // the message of a panic may quote what was being worked on: only the place is told
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, thread = std::thread::current().name(), "panic");
    }));
}

fn print_openapi() -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &openapi::description()).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

fn print_config(settings: &Settings) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for (name, value) in &settings.effective {
        writeln!(out, "{name}={value}")?;
    }
    Ok(())
}

async fn open(settings: &Settings) -> Result<Store, Failure> {
    app::make_data_folder(&settings.server.data_dir)?;
    Ok(Store::connect(&settings.database.url, settings.database.max_connections, Clock::system()).await?)
}

async fn migrate(settings: &Settings, action: Migration, steps: u32) -> Result<(), Failure> {
    let store = open(settings).await?;
    match action {
        Migration::Up => store.migrate().await?,
        Migration::Down => store.migrate_down(steps).await?,
        Migration::Status => {}
    }
    let mut out = io::stdout().lock();
    for (name, applied) in store.migration_status().await? {
        writeln!(out, "{} {name}", if applied { "applied" } else { "pending" })?;
    }
    drop(out);
    store.close().await;
    Ok(())
}

async fn eval_qa(settings: &Settings) -> Result<(), Failure> {
    let embedder = Intelligence::of(&settings.ai, &Clock::system())?.embedder;
    let failed = |message: String| Failure { message, code: 1 };
    let cut = match embedder.cut() {
        Some(cut) => Some(cut),
        None => calibration::measure(embedder.as_ref()).await.map_err(|error| failed(error.to_string()))?.cut,
    };
    qa_eval::run(io::stdin(), io::stdout(), embedder.as_ref(), cut).await.map_err(|error| failed(error.to_string()))
}

async fn accounts(settings: Settings) -> Result<Accounts, Failure> {
    let store = open(&settings).await?;
    store.migrate().await?;
    // no token is made here, so the secret does not matter
    Ok(Accounts::new(store, settings.auth, &[], std::sync::Arc::new(|_, _| {})))
}

/// Username, name and role of the demo users; all have the password `password123`.
const DEMO_USERS: [(&str, &str, Role); 4] = [
    ("agent1", "Agent One", Role::Agent),
    ("agent2", "Agent Two", Role::SuperAgent),
    ("customer1", "Customer One", Role::Customer),
    ("customer2", "Customer Two", Role::Customer),
];

async fn seed(settings: Settings) -> Result<(), Failure> {
    if settings.server.environment.is_production() {
        let message = "demo users have a known password and are not made in production: use `greenroom user create`.";
        return Err(Failure { message: message.to_owned(), code: 1 });
    }
    let accounts = accounts(settings).await?;
    for (username, name, role) in DEMO_USERS {
        let registration = Registration {
            username: Some(username.to_owned()),
            email: format!("{username}@example.com"),
            password: "password123".to_owned(),
            name: Some(name.to_owned()),
            role,
        };
        match accounts.register(registration).await {
            Ok(_) => writeln!(io::stdout(), "made {username} ({})", role.as_str())?,
            Err(error) if matches!(error.code, "USERNAME_TAKEN" | "EMAIL_TAKEN") => {
                writeln!(io::stdout(), "{username} exists already")?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn create_user(
    settings: Settings,
    username: String,
    email: String,
    role: &str,
    name: Option<String>,
) -> Result<(), Failure> {
    let role = Role::parse(role)?;
    eprintln!("Password (6 to 128 characters, then Enter):");
    let password = if io::stdin().is_terminal() {
        rpassword::read_password()?
    } else {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    let registration = Registration { username: Some(username), email, password, name, role };
    let user = accounts(settings).await?.register(registration).await?;
    writeln!(io::stdout(), "made {} ({}), id {}", user.username, user.role.as_str(), user.id)?;
    Ok(())
}
