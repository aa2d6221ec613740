//! The gate behind the door: how much anybody may ask for at once, before anything of what he says is read.
//!
//! A stranger may enrol and ask whether the server is there, in few words and within a moment. A device has more to say, but
//! not on any number of lines at once.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use gom_domain::greeting::DeviceId;
use http_body_util::{BodyExt, Limited};
use tokio::time::timeout;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tower::{Layer, Service};

use crate::caller::{Peer, Unknown};
use crate::grpc::{overloaded, unknown};

/// What strangers may call.
const OPEN: [&str; 2] = ["/gom.v1.Sync/Enrol", "/grpc.health.v1.Health/Check"];
/// How many bytes a stranger may say: a signing request has at most half of them.
const STRANGERS_WORDS: usize = 8 * 1024;
/// How long a stranger's call may take.
const STRANGERS_TIME: Duration = Duration::from_secs(10);
/// How many calls of a device are served at once; a commune makes three.
const OF_ONE: usize = 8;

/// Puts the gate before a service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate {
    calls: Arc<Mutex<HashMap<DeviceId, usize>>>,
}

/// A service behind the gate.
#[derive(Clone, Debug)]
pub(crate) struct Gated<S> {
    gate: Gate,
    inner: S,
}

/// A call of a device that is being served.
#[derive(Debug)]
struct Counted {
    gate: Gate,
    device: DeviceId,
}

impl Gate {
    /// Counts one more call of a device; none if there are so many already.
    fn count(&self, device: DeviceId) -> Option<Counted> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let count = calls.entry(device).or_default();
        (*count < OF_ONE).then(|| {
            *count += 1;
            Counted { gate: self.clone(), device }
        })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut calls = self.gate.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = calls.get_mut(&self.device) {
            *count -= 1;
            if *count == 0 {
                calls.remove(&self.device);
            }
        }
    }
}

impl<S> Layer<S> for Gate {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated { gate: self.clone(), inner }
    }
}

type Answering<E> = Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>;

impl<S> Service<Request<Body>> for Gated<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Answering<S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match request.extensions().get() {
            Some(Peer::Here) => Box::pin(self.inner.call(request)),
            Some(Peer::Device(certificate)) => match self.gate.count(certificate.device) {
                Some(counted) => Box::pin(held(self.inner.call(request), counted)),
                None => refused(overloaded()),
            },
            Some(Peer::Stranger(_)) | None if OPEN.contains(&request.uri().path()) => {
                let too_much = |_| Status::resource_exhausted("a stranger says too much");
                let limited = |body| Body::new(Limited::new(body, STRANGERS_WORDS).map_err(too_much));
                let request = request.map(limited);
                Box::pin(in_time(self.inner.call(request)))
            }
            Some(Peer::Stranger(_)) | None => refused(unknown(Unknown::Device)),
        }
    }
}

fn refused<E: 'static>(status: Status) -> Answering<E> {
    Box::pin(async { Ok(status.into_http()) })
}

/// An answer that counts until its last word is out.
async fn held<E>(
    answering: impl Future<Output = Result<Response<Body>, E>>,
    counted: Counted,
) -> Result<Response<Body>, E> {
    let answer = answering.await?;
    Ok(answer.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _as_long_as_this_is_called = &counted;
            frame
        }))
    }))
}

async fn in_time<E>(answering: impl Future<Output = Result<Response<Body>, E>>) -> Result<Response<Body>, E> {
    let late = || Status::deadline_exceeded("a stranger's call takes too long").into_http();
    timeout(STRANGERS_TIME, answering).await.unwrap_or_else(|_| Ok(late()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_so_many_calls_and_no_more() {
        let gate = Gate::default();
        let [one, other] = [DeviceId([1; 16]), DeviceId([2; 16])];
        let mut calls: Vec<_> = (0..OF_ONE).map(|_| gate.count(one).unwrap()).collect();
        assert!(gate.count(one).is_none());
        assert!(gate.count(other).is_some(), "another has its own");
        calls.pop();
        assert!(gate.count(one).is_some());
        drop(calls);
        assert!(gate.calls.lock().unwrap().is_empty());
    }
}
