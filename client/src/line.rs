//! The line to the district: where it may lead, how a device shows who it is, and what can go wrong on it.
//!
//! **Invariant:** a line that is not encrypted does not leave this computer, for the device's secret travels on it. On one
//! that is, a device shows its certificate and no secret.

use std::error::Error;
use std::io;
use std::time::Duration;

use gom_domain::Bilingual;
use gom_domain::code::Fingerprint;
use gom_domain::greeting::DeviceId;
use gom_proto::wire::sync_client::SyncClient;
use gom_proto::{Malformed, delay, pass};
use gom_trust::{Expected, TrustError};
use rustls::ClientConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Code, Request, Status};

use crate::credentials::Credentials;
use crate::means::Call;
use crate::store::FolderRow;

mod tls;

/// How long the server may take to pick up.
const CONNECT: Duration = Duration::from_secs(5);

/// How often a silent line is tried, and how long it may take to answer.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// How long the district may take for the next answer before the line counts as lost.
const PATIENCE: Duration = Duration::from_mins(1);

/// A programme with its tables is the largest message there is; this is a hundred times its size.
const LARGEST_MESSAGE: usize = 32 * 1024 * 1024;

/// Between a message's Vietnamese and English texts.
const SEPARATOR: char = '\u{1f}';

/// The district cannot be spoken to, or does not answer as it should.
#[derive(Debug, thiserror::Error)]
pub enum LineFault {
    /// The address is no address.
    #[error("{0} is no address of a server")]
    BadAddress(String),
    /// The address leads out of this computer, and nothing is known by which the district could be told from others.
    #[error("{0} leads out of this computer without encryption")]
    NotEncrypted(String),
    /// What answers cannot show that it is the district.
    #[error("what answers is not this district's server")]
    NotTheDistrict(#[source] Box<dyn Error + Send + Sync>),
    /// The device's own key or certificate cannot be used.
    #[error("the key or the certificate cannot be used")]
    Credentials(#[from] TrustError),
    /// The computer is there, but no server.
    #[error("there is no server at {address}")]
    NoServer {
        /// Where it was sought.
        address: String,
        /// What the connection said.
        #[source]
        source: tonic::transport::Error,
    },
    /// The computer's name leads nowhere.
    #[error("the name in {address} cannot be resolved")]
    Unresolved {
        /// Where it was sought.
        address: String,
        /// What the connection said.
        #[source]
        source: tonic::transport::Error,
    },
    /// Nobody picks up.
    #[error("nothing answers at {address}")]
    Silent {
        /// Where it was sought.
        address: String,
        /// What the connection said.
        #[source]
        source: tonic::transport::Error,
    },
    /// What answers is no server of a district, such as a hotel's sign-in page.
    #[error("what answers is no gom server")]
    NoGomServer(#[source] Box<dyn Error + Send + Sync>),
    /// The line was cut.
    #[error("the line was cut")]
    Cut(#[source] Box<dyn Error + Send + Sync>),
    /// The district was silent for too long.
    #[error("the district has not answered for {} s", PATIENCE.as_secs())]
    TooLong,
    /// The server ended the conversation before it had said everything.
    #[error("the server hung up early")]
    HungUp,
    /// The district does not let this device in.
    #[error("the district does not let this device in")]
    Refused(Bilingual),
    /// The district knows who calls, and does not let him in any more.
    #[error("the district does not let this device in any more")]
    Denied(Bilingual),
    /// The district's server knows nothing of whoever has signed this device's certificate.
    #[error("the district does not take this device's certificate")]
    CertificateRefused,
    /// The district has more to do than it can.
    #[error("the district is overloaded")]
    Overloaded {
        /// What it says.
        why: Bilingual,
        /// How long it asks this side to stay away.
        delay: Duration,
    },
    /// The district says why it cannot do what was asked.
    #[error("the district answered: {0}")]
    Answer(Bilingual),
    /// The server broke the contract.
    #[error("the server broke the contract")]
    Malformed(#[from] Malformed),
}

/// A line to a district's server.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) client: SyncClient<Channel>,
    /// What is shown with each call; nothing where the line shows it.
    pass: Option<Pass>,
    encrypted: bool,
}

impl Line {
    /// A call that shows who calls.
    pub(crate) fn on<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(Pass(pass)) = &self.pass {
            request.metadata_mut().insert("authorization", pass.clone());
        }
        request
    }

    /// Whether nobody between can read along.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.encrypted
    }
}

/// A line to a server: an encrypted one, if anything is known by which the district can be told from others.
pub(crate) async fn connect(call: &Call, address: &str, trust: &Trust) -> Result<Line, LineFault> {
    let uri = address_of(address)?;
    let Some(config) = trust.config()? else {
        let client = plain(call, address, uri).await?;
        return Ok(Line { client, pass: trust.pass(), encrypted: false });
    };
    if uri.scheme_str() != Some("https") {
        return Err(LineFault::NotEncrypted(address.to_owned()));
    }
    let endpoint = endpoint(tls::without(&uri));
    let channel = endpoint.connect_with_connector(tls::connector(uri, config)).await;
    let channel = channel.map_err(|error| not_connected(address, error))?;
    Ok(Line { client: sync_client(channel), pass: None, encrypted: true })
}

async fn plain(call: &Call, address: &str, uri: Uri) -> Result<SyncClient<Channel>, LineFault> {
    if uri.scheme_str() != Some("http") || !is_here(&uri) {
        return Err(LineFault::NotEncrypted(address.to_owned()));
    }
    let channel = call.connect(endpoint(uri)).await.map_err(|error| not_connected(address, error))?;
    Ok(sync_client(channel))
}

fn endpoint(uri: Uri) -> Endpoint {
    Endpoint::from(uri)
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE)
        .keep_alive_while_idle(true)
}

fn sync_client(channel: Channel) -> SyncClient<Channel> {
    SyncClient::new(channel).max_decoding_message_size(LARGEST_MESSAGE)
}

fn is_here(uri: &Uri) -> bool {
    matches!(uri.host(), Some("127.0.0.1" | "localhost" | "[::1]"))
}

/// An address as it may be typed, without a scheme, as a URL.
pub(crate) fn url(address: &str, encrypted: bool) -> String {
    let scheme = if encrypted { "https" } else { "http" };
    if address.contains("://") { address.to_owned() } else { format!("{scheme}://{}", address.trim()) }
}

/// Reads an address: a scheme, a host, perhaps a port, and nothing more.
pub(crate) fn address_of(address: &str) -> Result<Uri, LineFault> {
    let bad = || LineFault::BadAddress(address.to_owned());
    let uri: Uri = address.trim().parse().map_err(|_| bad())?;
    let host = uri.host().ok_or_else(bad)?;
    let beside_host =
        uri.authority().and_then(|authority| authority.as_str().strip_prefix(host)).ok_or_else(bad)?;
    let port = beside_host.is_empty() || uri.port_u16().is_some();
    let nothing_more = uri.path().trim_end_matches('/').is_empty() && uri.query().is_none();
    if !port || !nothing_more || !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(bad());
    }
    Ok(uri)
}

fn not_connected(address: &str, source: tonic::transport::Error) -> LineFault {
    let address = address.to_owned();
    let kind = cause::<io::Error>(&source).map(io::Error::kind);
    if says(&source, "dns error") {
        LineFault::Unresolved { address, source }
    } else if kind == Some(io::ErrorKind::TimedOut) || says(&source, "timed out") || says(&source, "deadline")
    {
        LineFault::Silent { address, source }
    } else if let Some(error) = disagreement(&source) {
        match error {
            rustls::Error::InvalidCertificate(_) | rustls::Error::General(_) => {
                LineFault::NotTheDistrict(source.into())
            }
            _ => LineFault::NoGomServer(source.into()),
        }
    } else if kind.is_some() {
        LineFault::NoServer { address, source }
    } else {
        LineFault::NoGomServer(source.into())
    }
}

/// On what the two ends of an encrypted line could not agree.
fn disagreement<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    // What an input or output error holds is not among its causes.
    cause::<io::Error>(error)?.get_ref()?.downcast_ref()
}

/// The first cause of a type.
fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// Whether any cause says so. The transport's own error types cannot be named, only read.
fn says(error: &(dyn Error + 'static), words: &str) -> bool {
    causes(error).any(|cause| cause.to_string().contains(words))
}

/// How far a call had come when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nobody has answered as a gom server yet.
    Greeting,
    /// A gom server has answered.
    Talking,
}

/// What a failed call means to the officer.
pub(crate) fn fault(status: Status, stage: Stage) -> LineFault {
    let text = bilingual(status.message());
    let own_words = status.message().contains(SEPARATOR);
    match status.code() {
        Code::Unauthenticated => LineFault::Refused(text),
        Code::PermissionDenied => LineFault::Denied(text),
        Code::ResourceExhausted => {
            LineFault::Overloaded { why: text, delay: delay::asked(&status).unwrap_or_default() }
        }
        _ if own_words => LineFault::Answer(text),
        // The other end has hung up on the certificate, which on this side is seen at the first call only.
        _ if says(&status, "received fatal alert") => LineFault::CertificateRefused,
        // What a server says by itself has no cause on this side.
        Code::Unavailable if status.source().is_none() => LineFault::Answer(text),
        _ if says(&status, "keep-alive timed out") => LineFault::TooLong,
        Code::FailedPrecondition
        | Code::NotFound
        | Code::InvalidArgument
        | Code::AlreadyExists
        | Code::Aborted => LineFault::Answer(text),
        _ if stage == Stage::Greeting && is_no_gom_server(&status) => LineFault::NoGomServer(status.into()),
        _ => LineFault::Cut(status.into()),
    }
}

/// Whether what has answered speaks another language: no HTTP/2 at all, or HTTP/2 without this service.
fn is_no_gom_server(status: &Status) -> bool {
    let foreign = ["connection error detected", "HTTP status code", "invalid compression flag"];
    status.code() == Code::Unimplemented || foreign.into_iter().any(|words| says(status, words))
}

/// A server's words in both languages; where they are one text, that text in both.
pub(crate) fn bilingual(message: &str) -> Bilingual {
    let (vi, en) = message.split_once(SEPARATOR).unwrap_or((message, message));
    Bilingual { vi: vi.to_owned(), en: en.to_owned() }
}

/// Waits for the next answer, as long as there is hope for one.
pub(crate) async fn patiently<T>(
    answer: impl Future<Output = Result<T, Status>>,
    stage: Stage,
) -> Result<T, LineFault> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer.map_err(|status| fault(status, stage)),
        Err(_) => Err(LineFault::TooLong),
    }
}

/// What a greeting that failed means, once it is known who answers at the address.
///
/// A network's sign-in page hangs up on what it does not understand, and mostly before its answer has been read; a
/// district's server does so on a certificate that it does not take. The call knows only that the line was cut. So what
/// answers is asked once more, in the page's own language, or to the point at which the server says why.
pub(crate) async fn unmask(call: &Call, address: &str, trust: &Trust, fault: LineFault) -> LineFault {
    let source = match (call, fault) {
        (Call::Tcp, LineFault::Cut(source)) => source,
        (_, fault) => return fault,
    };
    match trust.config() {
        Ok(None) if is_a_page(address).await => LineFault::NoGomServer(source),
        Ok(Some(config)) if tls::is_refused(address, &config).await => LineFault::CertificateRefused,
        _ => LineFault::Cut(source),
    }
}

/// Whether HTTP/1 is spoken at an address. A gom server speaks HTTP/2 only, whatever it is asked.
async fn is_a_page(address: &str) -> bool {
    const FIRST: [u8; 5] = *b"HTTP/";
    let asked = async {
        let uri = address_of(address).ok().filter(|uri| uri.scheme_str() == Some("http"))?;
        let host = uri.host()?.trim_matches(['[', ']']);
        let mut line = TcpStream::connect((host, uri.port_u16().unwrap_or(80))).await.ok()?;
        line.write_all(b"GET / HTTP/1.1\r\nHost: gom\r\nConnection: close\r\n\r\n").await.ok()?;
        let mut first = [0; FIRST.len()];
        line.read_exact(&mut first).await.ok()?;
        Some(first == FIRST)
    };
    matches!(tokio::time::timeout(CONNECT, asked).await, Ok(Some(true)))
}

/// By what the district is told from others, and with what this side shows itself.
#[derive(Debug)]
pub(crate) enum Trust {
    /// By nothing: the line does not leave this computer. A device shows its pass.
    Here(Option<Pass>),
    /// By what somebody typed: nothing more is known yet.
    Fingerprint(Fingerprint),
    /// By what the district has given.
    Credentials(Credentials),
    /// By what the district has given; the certificate is not shown.
    Unshown(Credentials),
}

impl Trust {
    /// As a folder has it.
    pub(crate) fn of(row: &FolderRow, device: DeviceId) -> Self {
        let pass = || Some(Pass::new(device, &row.secret));
        row.credentials.clone().map_or_else(|| Self::Here(pass()), Self::Credentials)
    }

    fn config(&self) -> Result<Option<ClientConfig>, TrustError> {
        let (expected, identity) = match self {
            Self::Here(_) => return Ok(None),
            Self::Fingerprint(fingerprint) => (Expected::Fingerprint(*fingerprint), None),
            Self::Credentials(credentials) => (credentials.expected(), Some(credentials.identity()?)),
            Self::Unshown(credentials) => (credentials.expected(), None),
        };
        gom_trust::client(expected, identity.as_ref()).map(Some)
    }

    fn pass(&self) -> Option<Pass> {
        if let Self::Here(pass) = self { pass.clone() } else { None }
    }
}

/// What a device shows with each call, where the line does not show it.
#[derive(Clone, Debug)]
pub(crate) struct Pass(MetadataValue<Ascii>);

impl Pass {
    /// The pass of a device.
    fn new(device: DeviceId, secret: &[u8; 32]) -> Self {
        let pass = MetadataValue::try_from(pass::show(device, secret));
        let mut pass = pass.unwrap_or_else(|_| MetadataValue::from_static(""));
        pass.set_sensitive(true);
        Self(pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn plainly(address: &str) -> Result<Line, LineFault> {
        connect(&Call::Tcp, address, &Trust::Here(None)).await
    }

    #[tokio::test]
    async fn a_line_that_is_not_encrypted_does_not_leave_this_computer() {
        for address in ["http://127.0.0.1:7000", "http://localhost:7000/", "http://[::1]:7000"] {
            assert!(address_of(address).is_ok_and(|uri| is_here(&uri)), "{address}");
        }
        for address in
            ["http://10.0.0.1:7000", "http://example.vn", "https://127.0.0.1:7000", "http://127.0.0.1.vn:1"]
        {
            assert!(matches!(plainly(address).await, Err(LineFault::NotEncrypted(_))), "{address}");
        }
        for address in
            ["", "127.0.0.1", "ftp://127.0.0.1", "http://127.0.0.1:7000/path", "http://127.0.0.1:x"]
        {
            assert!(matches!(plainly(address).await, Err(LineFault::BadAddress(_))), "{address}");
        }
    }

    #[test]
    fn an_overloaded_district_says_how_long_to_stay_away() {
        let status = Status::resource_exhausted("đầy\u{1f}full");
        let asked = delay::ask(status.clone(), Duration::from_secs(15));
        for (status, delay) in [(asked, Duration::from_secs(15)), (status, Duration::ZERO)] {
            let fault = fault(status, Stage::Talking);
            assert!(
                matches!(fault, LineFault::Overloaded { delay: asked, .. } if asked == delay),
                "{fault:?}"
            );
        }
    }

    #[test]
    fn a_servers_words_come_in_both_languages() {
        assert_eq!(bilingual("mã hết hạn\u{1f}the code has expired").en, "the code has expired");
        assert_eq!(bilingual("plain").vi, "plain");
    }

    /// What a call comes to at a place that answers so, and hangs up.
    async fn answered(answer: &'static [u8]) -> LineFault {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let place = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", place.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut caller, _) = place.accept().await.unwrap();
            caller.write_all(answer).await.unwrap();
            caller.flush().await.unwrap();
            _ = caller.read_to_end(&mut Vec::new()).await;
        });
        let mut line = plainly(&address).await.unwrap();
        let request = line.on(gom_proto::wire::EnrolRequest::default());
        patiently(line.client.enrol(request), Stage::Greeting).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_sign_in_page_is_no_gom_server() {
        let page = b"HTTP/1.1 302 Found\r\nLocation: http://login/\r\nContent-Length: 0\r\n\r\n";
        assert!(matches!(answered(page).await, LineFault::NoGomServer(_)));
    }

    #[tokio::test]
    async fn no_server_is_told_from_one_that_is_none() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", free.local_addr().unwrap());
        drop(free);
        assert!(matches!(plainly(&address).await, Err(LineFault::NoServer { .. })));
    }
}
