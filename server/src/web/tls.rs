//! Encrypted pages: a certificate of the district's own authority, for the names by which people call the screen.
//!
//! A browser trusts it once the authority's certificate is installed on the computer (`gom-server authority certificate`).

use std::sync::{Arc, Mutex, PoisonError};

use gom_domain::world::World;
use gom_trust::{Authority, Key, TrustError};
use rustls::ServerConfig;

use crate::authority;
use crate::writer::Writer;

/// How old the certificate becomes before there is another one.
const OLD_MS: i64 = 30 * 86_400_000;

/// Makes encrypted lines for browsers by the newest authority in the books.
#[derive(Debug)]
pub(crate) struct WebTls {
    writer: Writer,
    world: World,
    names: Vec<String>,
    made: Mutex<Option<Made>>,
}

#[derive(Debug)]
struct Made {
    at_ms: i64,
    authority: u32,
    config: Arc<ServerConfig>,
}

impl WebTls {
    /// Lines for browsers that call by these names.
    pub(crate) fn new(writer: Writer, world: World, names: Vec<String>) -> Self {
        Self { writer, world, names, made: Mutex::default() }
    }

    /// How a line is made now.
    pub(crate) fn config(&self) -> Result<Arc<ServerConfig>, TrustError> {
        let memory = self.writer.memory();
        let speaks = authority::active(&memory).next();
        let number = speaks.map_or(0, |row| row.number);
        let now_ms = self.world.now_ms();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh =
            |made: &&Made| made.authority == number && now_ms.abs_diff(made.at_ms) < OLD_MS.unsigned_abs();
        if let Some(made) = made.as_ref().filter(is_fresh) {
            return Ok(Arc::clone(&made.config));
        }
        let speaks =
            speaks.map_or_else(Authority::make, |row| Authority::read(&row.key.0, &row.certificate))?;
        drop(memory);
        let key = Key::generate()?;
        let certificate = speaks.for_pages(&key, &self.names, self.world.random(), now_ms)?;
        let chain = vec![certificate, speaks.certificate().clone()];
        let config = Arc::new(gom_trust::pages(&key, chain)?);
        *made = Some(Made { at_ms: now_ms, authority: number, config: Arc::clone(&config) });
        Ok(config)
    }
}
