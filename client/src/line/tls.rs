//! An encrypted line as the transport makes it: TCP, then TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use gom_trust::SERVER_NAME;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::Uri;
use tower::Service;

use super::{CONNECT, address_of};

/// Where a district's server listens unless told otherwise.
const PORT: u16 = 7443;

type Encrypted = TokioIo<TlsStream<TcpStream>>;
type Connecting = Pin<Box<dyn Future<Output = io::Result<Encrypted>> + Send>>;

/// The address as the transport is told it: what is above it knows nothing of encryption.
pub(super) fn without(uri: &Uri) -> Uri {
    let mut parts = uri.clone().into_parts();
    parts.scheme = Some(tonic::codegen::http::uri::Scheme::HTTP);
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

/// Makes encrypted lines to an address.
pub(super) fn connector(
    uri: Uri,
    config: ClientConfig,
) -> impl Service<Uri, Response = Encrypted, Error = io::Error, Future = Connecting> + Send {
    let config = Arc::new(config);
    tower::service_fn(move |_: Uri| -> Connecting {
        let (uri, config) = (uri.clone(), Arc::clone(&config));
        Box::pin(async move {
            match timeout(2 * CONNECT, connect(&uri, config)).await {
                Ok(line) => line,
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            }
        })
    })
}

/// Whether the server at an address agrees on a line, and then hangs up on the certificate.
pub(super) async fn is_refused(address: &str, config: &ClientConfig) -> bool {
    let asked = async {
        let uri = address_of(address).ok()?;
        let mut line = connect(&uri, Arc::new(config.clone())).await.ok()?;
        // A server that takes it speaks first.
        line.inner_mut().read_u8().await.err()
    };
    match timeout(2 * CONNECT, asked).await {
        Ok(Some(error)) => {
            let refused = error.get_ref().and_then(|inner| inner.downcast_ref());
            matches!(refused, Some(rustls::Error::AlertReceived(_)))
        }
        _ => false,
    }
}

async fn connect(uri: &Uri, config: Arc<ClientConfig>) -> io::Result<Encrypted> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let port = uri.port_u16().unwrap_or(PORT);
    let unknown = |error: io::Error| io::Error::other(format!("dns error: {error}"));
    let addresses: Vec<_> = lookup_host((host, port)).await.map_err(unknown)?.collect();
    let stream = timeout(CONNECT, TcpStream::connect(addresses.as_slice())).await??;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from(SERVER_NAME).map_err(io::Error::other)?;
    TlsConnector::from(config).connect(name, stream).await.map(TokioIo::new)
}
