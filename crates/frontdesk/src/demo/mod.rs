//! `frontdesk demo`: the whole story on one machine, with everybody who plays a part in it.
//!
//! One process, four ports: Frontdesk itself, a simulated identity provider with a directory, a sample product that
//! signs people in through Frontdesk, and a mailbox. Nothing of the simulation is part of `serve`.

#![expect(
    clippy::format_collect,
    clippy::format_push_string,
    reason = "pages of a simulation are put together plainly"
)]

mod cast;
mod html;
mod idp;
mod mailbox;
mod product;
mod story;
mod tour;
mod walker;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use server::App;
use server::config::Config;
use tokio::sync::watch;
use web::brand::Brand;

use crate::serve;
use crate::settings::{DataArgs, Refusal};

/// Settings of the demonstration.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Begin anew: removes what earlier runs left in the folder
    #[arg(long)]
    reset: bool,
    /// Play the whole story by itself, check each step, and end
    #[arg(long)]
    tour: bool,
    /// Folder of the data
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    data: PathBuf,
    /// First of four ports in a row
    #[arg(long, default_value_t = 4400)]
    port: u16,
}

/// Where everybody is.
#[derive(Debug, Clone)]
pub struct Places {
    /// Frontdesk.
    pub frontdesk: String,
    /// The simulated identity provider and directory.
    pub idp: String,
    /// The sample product.
    pub product: String,
    /// The mailbox.
    pub mailbox: String,
    addresses: [SocketAddr; 4],
}

impl Places {
    fn new(port: u16) -> Self {
        let address = |offset| SocketAddr::from((Ipv4Addr::LOCALHOST, port + offset));
        let url = |offset: u16| format!("http://localhost:{}", port + offset);
        Self {
            frontdesk: url(0),
            idp: url(1),
            product: url(2),
            mailbox: url(3),
            addresses: [address(0), address(1), address(2), address(3)],
        }
    }
}

/// Runs the demonstration.
pub async fn run(args: DemoArgs) -> ExitCode {
    match demo(args).await {
        Ok(code) => code,
        Err(Refusal(sentence)) => {
            eprintln!("{sentence}");
            ExitCode::from(2)
        }
    }
}

async fn demo(args: DemoArgs) -> Result<ExitCode, Refusal> {
    if args.port > u16::MAX - 3 {
        return Err(Refusal(
            "The demonstration needs four ports in a row. Choose a lower one with --port.".to_owned(),
        ));
    }
    // A tour tells a story from its beginning, so it has a folder of its own.
    let folder = if args.tour { args.data.join("tour") } else { args.data.clone() };
    if args.reset || args.tour {
        remove(&folder)?;
    }
    let places = Places::new(args.port);
    let mut listeners = Vec::new();
    for address in places.addresses {
        listeners.push(serve::listen(address).await?);
    }
    let data = DataArgs { data: folder.clone(), database: None };
    let app = serve::open(&data, config(&places)?, server::Dns::fixed()).await?;
    let story = story::prepare(&app, &places).await?;
    let idp = idp::Idp::new(&folder, &places)?;
    let product = product::Product::new(&places, &story);

    let (stop, stopped) = watch::channel(false);
    let [frontdesk_at, idp_at, product_at, mailbox_at] =
        <[_; 4]>::try_from(listeners).map_err(|_| Refusal("The ports could not be taken.".to_owned()))?;
    let server = tokio::spawn(serve::answer(app.clone(), frontdesk_at, stopped.clone()));
    for (listener, router) in [
        (idp_at, idp::router(idp)),
        (product_at, product::router(product)),
        (mailbox_at, mailbox::router(app.clone(), &places)),
    ] {
        let mut stopped = stopped.clone();
        tokio::spawn(async move {
            let stop = async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
                tracing::error!(%error, "a part of the demonstration stopped");
            }
        });
    }
    let code = if args.tour {
        tour::play(&places, &story).await
    } else {
        announce(&app, &places, &story).await?;
        serve::stop_asked().await;
        ExitCode::SUCCESS
    };
    let _ = stop.send(true);
    let _ = server.await;
    Ok(code)
}

fn config(places: &Places) -> Result<Config, Refusal> {
    let url = places.frontdesk.parse().map_err(|e| Refusal(format!("{e}")))?;
    let mut config = Config::new(url);
    config.allow_private_network = true;
    config.brand = Brand::new("Northwind Privacy", "help@northwind.example");
    "Northwind Privacy Ltd".clone_into(&mut config.brand.legal_name);
    config.brand.home = format!("{}/", places.product);
    Ok(config)
}

/// Removes what an earlier run left, and nothing else: only a folder with our database in it is removed.
fn remove(folder: &Path) -> Result<(), Refusal> {
    if !folder.exists() {
        return Ok(());
    }
    let shown = folder.display();
    let empty = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    let nested = folder.join("tour").join("frontdesk.sqlite").exists();
    if !folder.join("frontdesk.sqlite").exists() && !empty && !nested {
        return Err(Refusal(format!(
            "The folder {shown} holds no data of the demonstration, so it is left alone. Choose another with --data."
        )));
    }
    std::fs::remove_dir_all(folder)
        .map_err(|e| Refusal(format!("The folder {shown} cannot be removed: {e}.")))
}

async fn announce(app: &App, places: &Places, story: &story::Story) -> Result<(), Refusal> {
    let link = server::console::first_operator_link(app).await.map_err(|e| Refusal(e.detail))?;
    println!(
        "\nNorthwind Privacy sells to companies. Acme and Globex are two of them. Click in this order:\n"
    );
    println!("  1  You are Acme’s IT admin and open the link that Northwind sent you:");
    println!("     {}", story.acme_link);
    println!("     Choose “Custom SAML 2.0” and, where it asks for the metadata, give this address:");
    println!("     {}/acme/saml/metadata", places.idp);
    println!(
        "  2  Then connect the directory with the same link; paste its two values here and press “Sync now”:"
    );
    println!("     {}/acme/directory", places.idp);
    println!("  3  You are Priya Raman of Acme and sign in to the product as priya.raman@acme.test:");
    println!("     {}/", places.product);
    println!("  4  Deactivate somebody in the directory, and read what the person gets:");
    println!("     {}/", places.mailbox);
    println!("  5  Globex (OpenID Connect, and everything of a leaver is deleted) has a link too:");
    println!("     {}", story.globex_link);
    if let Some(link) = link {
        println!("  6  You work at Northwind and look at all of it in the console:\n     {link}");
    }
    println!("\nStop with Ctrl-C. `frontdesk demo --tour` plays all of it by itself.\n");
    Ok(())
}
