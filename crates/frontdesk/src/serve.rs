//! `frontdesk serve`: opens the data, answers requests, and ends cleanly.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use model::{SystemClock, SystemRng};
use server::{App, AppParts, Config, Dns};
use store::{Store, StoreError};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::settings::{DataArgs, Refusal, ServeArgs};
use crate::unread::Explaining;

/// How long requests in flight may take to end once the program is asked to. Supervisors wait some 30 seconds.
const LAST_REQUESTS: Duration = Duration::from_secs(25);

/// Runs until SIGTERM or SIGINT.
pub async fn run(args: ServeArgs) -> ExitCode {
    match serve(&args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Refusal(sentence)) => {
            eprintln!("{sentence}");
            ExitCode::from(2)
        }
    }
}

async fn serve(args: &ServeArgs) -> Result<(), Refusal> {
    let config = args.config()?;
    if config.allow_private_network {
        eprintln!(
            "WARNING: --allow-private-network is on. Addresses that customers type may reach this machine and your private \
             network. Never use it where strangers can reach Frontdesk."
        );
    }
    let listener = listen(args.listen).await?;
    args.data.prepare()?;
    let _held = args.data.hold()?;
    let app = open(&args.data, config, Dns::servers(&args.name_servers)).await?;
    announce(&app, args.listen).await?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        stop_asked().await;
        let _ = stop.send(true);
    });
    answer(app, listener, stopped).await
}

/// Opens the data and puts the application together.
pub async fn open(data: &DataArgs, config: Config, dns: Dns) -> Result<App, Refusal> {
    data.prepare()?;
    let seal = data.seal()?;
    let store = open_store(data).await?;
    let parts = AppParts {
        store,
        clock: Arc::new(SystemClock),
        rng: Arc::new(SystemRng::default()),
        seal,
        config,
        dns,
    };
    Ok(App::new(parts))
}

/// Opens the database, with sentences for what may be wrong.
pub async fn open_store(data: &DataArgs) -> Result<Store, Refusal> {
    Store::open(&data.target()?).await.map_err(|error| {
        Refusal(match &error {
            StoreError::Newer { found, known } => format!(
                "The database was written by a newer Frontdesk (version {found} of its tables; this program knows up to {known}). Install the newer program, or restore the backup made before it."
            ),
            _ => format!("The database cannot be opened: {error}. Check --database and --data."),
        })
    })
}

/// Takes the port.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, Refusal> {
    TcpListener::bind(address).await.map_err(|e| {
        Refusal(match e.kind() {
            std::io::ErrorKind::AddrInUse => format!(
                "{address} is taken by another program. Stop it, or choose another port with --listen."
            ),
            std::io::ErrorKind::PermissionDenied => format!(
                "{address} needs rights that this user does not have. Choose a port above 1023 with --listen."
            ),
            _ => format!(
                "{address} cannot be listened on: {e}. Choose an address of this machine with --listen."
            ),
        })
    })
}

/// Answers requests and does background work until `stopped` turns true; requests in flight finish.
pub async fn answer(
    app: App,
    listener: TcpListener,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), Refusal> {
    let mut also_stopped = stopped.clone();
    let worker = tokio::spawn(server::job::run_until(app.clone(), async move {
        let _ = also_stopped.wait_for(|stop| *stop).await;
    }));
    let mut until_stopped = stopped.clone();
    let records = tokio::spawn(server::provisioning::keep_writing(app.clone(), async move {
        let _ = until_stopped.wait_for(|stop| *stop).await;
    }));
    let mut shadows_stopped = stopped.clone();
    let shadows = tokio::spawn(server::connection::shadow::keep_judging(app.clone(), async move {
        let _ = shadows_stopped.wait_for(|stop| *stop).await;
    }));
    let mut pushes_stopped = stopped.clone();
    let pushes = tokio::spawn(server::feed::keep_pushing(app.clone(), async move {
        let _ = pushes_stopped.wait_for(|stop| *stop).await;
    }));
    let service = server::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let (mut asked, ending) = (stopped.clone(), app.clone());
    let serving =
        axum::serve(Explaining(listener).tap_io(|_| {}), service).with_graceful_shutdown(async move {
            let _ = asked.wait_for(|stop| *stop).await;
            // Those who wait for events are answered, so that the last requests end.
            ending.feeds.end();
        });
    let too_late = async move {
        let _ = stopped.wait_for(|stop| *stop).await;
        let _ = tokio::time::timeout(LAST_REQUESTS, std::future::pending::<()>()).await;
    };
    let served = tokio::select! {
        served = serving.into_future() => served,
        () = too_late => {
            tracing::warn!("some requests did not end in time and were cut off");
            Ok(())
        }
    };
    let _ = worker.await;
    let _ = records.await;
    let _ = shadows.await;
    let _ = pushes.await;
    if let Err(problem) = server::provisioning::flush(&app).await {
        tracing::error!(cause = problem.cause, "the last records of SCIM requests could not be written");
    }
    app.store.close().await;
    served.map_err(|e| Refusal(format!("The server stopped: {e}.")))
}

async fn announce(app: &App, listen: SocketAddr) -> Result<(), Refusal> {
    println!("Frontdesk answers on {listen}, known to browsers as {}", app.config.issuer());
    if app.config.smtp.is_none() {
        println!("No mail server is set: mails stay readable in the console under Mails.");
    }
    let link = server::console::first_operator_link(app)
        .await
        .map_err(|e| Refusal(format!("The database cannot be used: {}.", e.cause.unwrap_or(e.detail))))?;
    if let Some(link) = link {
        println!(
            "Nobody operates this Frontdesk yet. Open this link once to become its first operator:\n  {link}"
        );
    }
    Ok(())
}

/// Resolves at SIGTERM or SIGINT.
pub async fn stop_asked() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = match signal(SignalKind::terminate()) {
        Ok(stream) => stream,
        Err(error) => {
            tracing::error!(%error, "SIGTERM cannot be waited for");
            return std::future::pending().await;
        }
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
