//! Where answers begin among the bytes of a connection.

/// Follows the frames of HTTP/2 (RFC 9113, section 4.1) to where a frame of data begins.
#[derive(Debug, Default)]
pub(super) struct Frames {
    header: Vec<u8>,
    left: usize,
    answers: u32,
}

impl Frames {
    const HEADER: usize = 9;
    const DATA: u8 = 0;

    /// How many answers there were so far.
    pub(super) fn answers(&self) -> u32 {
        self.answers
    }

    /// How many of these bytes come before the answer of that number; all of them if it is not among them.
    pub(super) fn before_answer(&mut self, number: u32, bytes: &[u8]) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            let skipped = self.left.min(bytes.len() - at);
            (self.left, at) = (self.left - skipped, at + skipped);
            let header = (Self::HEADER - self.header.len()).min(bytes.len() - at);
            self.header.extend_from_slice(&bytes[at..at + header]);
            at += header;
            if let [high, middle, low, kind, ..] = self.header[..]
                && self.header.len() == Self::HEADER
            {
                self.left = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
                self.header.clear();
                if kind == Self::DATA && self.left > 0 {
                    self.answers += 1;
                    if self.answers == number {
                        return at.saturating_sub(Self::HEADER);
                    }
                }
            }
        }
        bytes.len()
    }
}
