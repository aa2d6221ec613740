//! Somebody who speaks the protocol on an encrypted line, and shows whatever he likes.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use gom_domain::invitation::Invitation;
use gom_proto::wire;
use gom_proto::wire::sync_client::SyncClient;
use gom_trust::{Expected, Identity, Key, SERVER_NAME};
use hyper_util::rt::TokioIo;
use rusqlite::Connection;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::Status;
use tonic::transport::{Channel, Endpoint, Error};

/// A line to a server's service for communes, on which somebody shows this certificate, or none.
pub async fn speak(
    server: SocketAddr,
    expected: Expected,
    identity: Option<&Identity>,
) -> Result<SyncClient<Channel>, Error> {
    line(server, expected, identity).await.map(SyncClient::new)
}

/// The same for any service.
pub async fn line(
    server: SocketAddr,
    expected: Expected,
    identity: Option<&Identity>,
) -> Result<Channel, Error> {
    let config = Arc::new(gom_trust::client(expected, identity).unwrap());
    let connect = tower::service_fn(move |_| {
        let config = Arc::clone(&config);
        async move {
            let line = TcpStream::connect(server).await?;
            let name = SERVER_NAME.try_into().map_err(io::Error::other)?;
            TlsConnector::from(config).connect(name, line).await.map(TokioIo::new)
        }
    });
    let endpoint = Endpoint::from_static("http://district.gom");
    endpoint.connect_with_connector(connect).await
}

/// What the computer of an enrolled folder shows.
pub fn identity(folder: &Path) -> Identity {
    let database = Connection::open(folder.join("gom.db")).unwrap();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let (key, given): (Vec<u8>, Vec<u8>) =
        database.query_row("select key, credentials from folder", [], read).unwrap();
    let given: wire::RenewReply = prost::Message::decode(given.as_slice()).unwrap();
    Identity { key: Key::read(&key).unwrap(), certificate: given.certificate.into() }
}

/// Asks for a certificate by an invitation, with a request that may be anything.
pub async fn ask_to_enrol(invitation: &Invitation, request: Vec<u8>) -> Result<wire::EnrolReply, Status> {
    let expected = Expected::Fingerprint(invitation.authority.unwrap());
    let mut client = speak(invitation.address.parse().unwrap(), expected, None).await.unwrap();
    let request = wire::EnrolRequest {
        code: invitation.code.as_str().to_owned(),
        secret_hash: vec![7; 32],
        signing_request: request,
        ..wire::EnrolRequest::default()
    };
    client.enrol(request).await.map(tonic::Response::into_inner)
}
