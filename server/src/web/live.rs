//! What tells a page that something has changed: the number of the last commit, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use tokio_stream::wrappers::IntervalStream;
use tokio_stream::{Stream, StreamExt};

use super::site::Site;
use super::viewer::Viewer;

/// How often it is looked whether something has changed.
const LOOK: Duration = Duration::from_secs(1);

/// Says which commit is the last, and then each time that there is another, for as long as the user may look.
pub(super) async fn live(
    State(site): State<Site>,
    viewer: Viewer,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut said = None;
    let token = viewer.token().to_owned();
    let looks = IntervalStream::new(tokio::time::interval(LOOK));
    let commits = looks.map(move |_| {
        site.peek(&token)?;
        Some(site.glance(|memory| memory.last.map_or(0, |last| last.last_seq)))
    });
    let commits = commits.take_while(Option::is_some).filter_map(move |commit| {
        let new = commit.filter(|commit| said != Some(*commit))?;
        said = Some(new);
        Some(Ok(Event::default().event("commit").data(new.to_string())))
    });
    Sse::new(commits).keep_alive(KeepAlive::default())
}
