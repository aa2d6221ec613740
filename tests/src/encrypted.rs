//! Somebody who speaks the protocol on an encrypted line, and shows whatever he likes.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use gom_domain::invitation::Invitation;
use gom_proto::wire;
use gom_proto::wire::sync_client::SyncClient;
use gom_trust::{Expected, Identity, SERVER_NAME};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::Status;
use tonic::transport::{Channel, Endpoint, Error};

/// A line to a server, on which somebody shows this certificate, or none.
pub async fn speak(
    server: SocketAddr,
    expected: Expected,
    identity: Option<&Identity>,
) -> Result<SyncClient<Channel>, Error> {
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
    Ok(SyncClient::new(endpoint.connect_with_connector(connect).await?))
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
