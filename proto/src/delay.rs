//! How long an overloaded district asks a caller to stay away, beside its status.

use std::time::Duration;

use tonic::Status;
use tonic::metadata::MetadataValue;

const NAME: &str = "gom-retry-after-ms";

/// What nobody is asked to wait longer than, whoever answers.
const LONGEST: Duration = Duration::from_mins(5);

/// A status that asks for a delay.
pub fn ask(mut status: Status, delay: Duration) -> Status {
    let ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
    status.metadata_mut().insert(NAME, MetadataValue::from(ms));
    status
}

/// The delay that a status asks for.
pub fn asked(status: &Status) -> Option<Duration> {
    let ms = status.metadata().get(NAME)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_millis(ms).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_read_as_it_was_asked_within_reason() {
        let full = || Status::resource_exhausted("full");
        assert_eq!(asked(&ask(full(), Duration::from_secs(7))), Some(Duration::from_secs(7)));
        assert_eq!(asked(&ask(full(), Duration::MAX)), Some(LONGEST));
        assert_eq!(asked(&full()), None);
    }
}
