//! Serving the pages: through the same door as communes come by, encrypted wherever they leave this computer.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::{Site, WebTls, pages};
use crate::door::{Door, Guest};
use crate::serve::until;

/// How long somebody may take to agree on a line, and to say what he wants.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a silent browser is asked whether it is still there.
const ASKED: Duration = Duration::from_secs(20);
/// How large the headers of a request may be.
const HEADERS: u32 = 16 * 1024;
/// How many requests of one connection are served at once.
const STREAMS: u32 = 32;

/// From where a request comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct From(pub(super) IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().copied().unwrap_or(Self(SocketAddr::from(([0; 4], 0)).ip())))
    }
}

/// Serves whoever comes, until the server is told to stop.
pub(crate) async fn serve(door: Door, site: Site, tls: Option<WebTls>, stopped: watch::Receiver<bool>) {
    let mut guests = door.open();
    let tls = tls.map(Arc::new);
    loop {
        let guest = tokio::select! {
            guest = guests.recv() => guest,
            () = until(stopped.clone()) => None,
        };
        let Some(guest) = guest else { break };
        let (site, tls, stopped) = (site.clone(), tls.clone(), stopped.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = come_in(guest, site, tls.as_deref()) => {}
                () = until(stopped) => {}
            }
        });
    }
}

async fn come_in(guest: Guest, site: Site, tls: Option<&WebTls>) {
    let from = From(guest.from());
    let Some(tls) = tls else { return converse(guest, from, site).await };
    let config = match tls.config() {
        Ok(config) => config,
        Err(error) => return tracing::error!(%error, "no page can be encrypted"),
    };
    if let Ok(Ok(line)) = tokio::time::timeout(PATIENCE, TlsAcceptor::from(config).accept(guest)).await {
        converse(line, from, site).await;
    }
}

async fn converse(line: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, from: From, site: Site) {
    let pages = TowerToHyperService::new(pages(site).layer(Extension(from)));
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    builder.http2().timer(TokioTimer::new()).max_header_list_size(HEADERS).max_concurrent_streams(STREAMS);
    // Who has gone without a word gives up his place.
    builder.http2().keep_alive_interval(Some(ASKED)).keep_alive_timeout(PATIENCE);
    if let Err(error) = builder.serve_connection(TokioIo::new(line), pages).await {
        tracing::debug!(%error, "a browser has gone");
    }
}
