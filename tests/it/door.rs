//! The server's door: those who only stand in it keep nobody out, and running out of file descriptors is survived.

use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use gom::show::CellState;
use tests::{Commune, District, Program, Serving};
use tokio::time::sleep;

/// More than the server lets in at once, fewer than a program may have open unless told otherwise.
const CROWD: usize = 520;

/// A commune with a queued report, and the folder of its district, which serves no more.
async fn waiting_commune() -> (District, Commune) {
    let mut district = District::open().await;
    let commune = Commune::enrolled(&district, "31423").await;
    commune.queue("society", "2024-05", &[("births", "24")]);
    district.stop().await;
    (district, commune)
}

/// Connections on which nobody says a word.
fn silent_callers(serving: &Serving, count: usize) -> Vec<TcpStream> {
    let address = serving.url.strip_prefix("http://").unwrap();
    (0..count).map(|_| TcpStream::connect(address).unwrap()).collect()
}

fn assert_handed_in(commune: &Commune, serving: &Serving) {
    commune.office().vi(&["sync", "--server", &serving.url]).done();
    assert_eq!(commune.state("society", "2024-05"), CellState::Accepted(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_who_say_nothing_keep_no_commune_out() {
    let (district, commune) = waiting_commune().await;
    let serving = Serving::start(&district.path());
    let crowd = silent_callers(&serving, CROWD);
    assert_handed_in(&commune, &serving);
    drop(crowd);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_out_of_file_descriptors_rests_until_there_are_some_again() {
    let (district, commune) = waiting_commune().await;
    let program = Program::gom_server(&district.path());
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 48 && exec \"$0\" serve --listen 127.0.0.1:0"]).arg(program.path());
    command.env("GOM_DATA", district.path()).env("GOM_LANG", "en");
    let serving = Serving::of(&mut command).unwrap();

    let crowd = silent_callers(&serving, 100);
    sleep(Duration::from_millis(500)).await;
    let before = serving.processor_ms();
    sleep(Duration::from_secs(1)).await;
    let spent = serving.processor_ms() - before;
    assert!(spent <= 100, "{spent} ms of processor time in a second of waiting");

    drop(crowd);
    assert_handed_in(&commune, &serving);
}
