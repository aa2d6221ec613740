//! What a running server says of itself to those who watch over it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use tests::program::has;
use tests::{Program, Serving, repository};
use tonic::Request;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// An address of this computer that nobody listens at.
fn free() -> SocketAddr {
    TcpListener::bind(tests::HERE).unwrap().local_addr().unwrap()
}

fn scraped(address: SocketAddr) -> String {
    let mut line = TcpStream::connect(address).unwrap();
    line.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    line.read_to_string(&mut text).unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_tells_prometheus_and_load_balancers_how_it_is() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("district");
    let office = Program::gom_server(&folder);
    office.vi(&["init", "--programme", repository("programmes/phung-hiep-2024").to_str().unwrap()]).done();
    has(
        &office.vi(&["serve", "--listen", "127.0.0.1:0", "--metrics", "0.0.0.0:9464"]).failed(),
        &["chỉ được mở"],
    );
    let address = free();
    let serving = Serving::start_with(&folder, &["--metrics", &address.to_string()]);
    let before = scraped(address);
    has(&before, &["HTTP/1.1 200", "openmetrics-text", "gom_commit_seconds_count 0", "gom_devices 0"]);
    assert!(!before.contains("gom_backup_age_seconds "), "there is no backup yet");
    assert!(before.trim_end().ends_with("# EOF"), "{before}");

    let code = office.vi(&["enroll", "31423"]).done();
    let pc = Program::gom(&home.path().join("pc"));
    pc.vi(&["enroll", code.trim()]).done();
    pc.vi(&["set", "society", "2024-05", "births=24"]).done();
    pc.vi(&["submit", "--all", "--note", "đúng"]).done();
    pc.vi(&["sync"]).done();
    office.vi(&["backup", home.path().join("backup.db").to_str().unwrap()]).done();
    let after = scraped(address);
    has(&after, &["gom_devices 1", "gom_rulings_total{verdict=\"accepted\"} 1", "gom_backup_age_seconds 0"]);
    for secret in ["hoa-an", "society", "births", "31423"] {
        assert!(!after.contains(secret), "{secret}");
    }

    let channel = Endpoint::from_shared(serving.url.clone()).unwrap().connect().await.unwrap();
    let mut health = HealthClient::new(channel);
    let asked = |service: &str| Request::new(HealthCheckRequest { service: service.to_owned() });
    let said = health.check(asked("gom.v1.Sync")).await.unwrap().into_inner();
    assert_eq!(said.status(), tonic_health::pb::health_check_response::ServingStatus::Serving);
    assert_eq!(health.check(asked("gom.v1.Office")).await.unwrap_err().code(), tonic::Code::NotFound);
    serving.terminate();
    assert!(TcpStream::connect(address).is_err(), "it ends with the server");
}
