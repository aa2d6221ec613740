//! Serving the pages on this computer, and syncing for as long as they are open.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use gom_domain::world::World;
use gom_proto::pass::hex;
use tokio::net::TcpListener;

use super::pages;
use super::site::Site;
use crate::Commune;

/// A screen that is open.
#[derive(Debug)]
pub struct Opened {
    /// The address by which the officer comes; whoever has it is taken for him.
    pub address: String,
    listener: TcpListener,
    site: Site,
}

/// Opens the screen of a folder on a port of this computer; 0 takes any that is free.
pub async fn open(commune: Arc<Commune>, folder: &Path, port: u16, world: &World) -> std::io::Result<Opened> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let port = listener.local_addr()?.port();
    let token = hex(&world.random::<16>());
    let address = format!("http://127.0.0.1:{port}/?token={token}");
    let site = Site::new(commune, folder.to_owned(), token, port, world.clone());
    Ok(Opened { address, listener, site })
}

impl Opened {
    /// Answers, and syncs in the background, until it is told to stop.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> std::io::Result<()> {
        let Self { listener, site, .. } = self;
        let served = axum::serve(listener, pages(site.clone()));
        tokio::select! {
            served = served.into_future() => served,
            () = keep_syncing(&site) => Ok(()),
            () = stop => Ok(()),
        }
    }
}

/// Syncs again and again; somebody who asks for a try at once begins anew.
async fn keep_syncing(site: &Site) {
    loop {
        let commune = Arc::clone(site.commune());
        let _turn = site.line().turn().await;
        commune.watch(site.line().asked(), |report, failed| site.line().tried(report, failed)).await;
    }
}
