//! The invitation: one short text with everything that a commune's computer has to know to enrol.
//!
//! `ADDRESS/CODE/FINGERPRINT`, such as `10.0.0.5:7443/7XK2M-…/0H4QD-…`. Without a fingerprint it leads to a server on the
//! same computer, where nothing is encrypted.

use crate::code::{EnrolCode, Fingerprint, Mistyped};

/// Where to enrol, with which code, and by what the district is known there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The server's address with its port.
    pub address: String,
    /// The code.
    pub code: EnrolCode,
    /// The fingerprint of the district's authority; none where the line is not encrypted.
    pub authority: Option<Fingerprint>,
}

impl Invitation {
    /// Reads an invitation as it was typed.
    pub fn parse(text: &str) -> Result<Self, Mistyped> {
        let mut parts = text.trim().split('/').map(str::trim);
        let (Some(address), Some(code)) = (parts.next(), parts.next()) else { return Err(Mistyped) };
        let authority = parts.next().map(Fingerprint::parse).transpose()?;
        let port = address.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        if port.is_none() || parts.next().is_some() {
            return Err(Mistyped);
        }
        Ok(Self { address: address.to_owned(), code: EnrolCode::parse(code)?, authority })
    }

    /// The invitation as it is printed.
    pub fn shown(&self) -> String {
        let authority = self.authority.map(|authority| format!("/{}", authority.shown()));
        format!("{}/{}{}", self.address, self.code.shown(), authority.unwrap_or_default())
    }

    /// Where the server is, as a URL.
    pub fn url(&self) -> String {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_read_as_it_was_shown() {
        let code = EnrolCode::new([7; 26]);
        for (authority, url) in
            [(None, "http://[::1]:7443"), (Some(Fingerprint([9; 16])), "https://[::1]:7443")]
        {
            let invitation = Invitation { address: "[::1]:7443".to_owned(), code: code.clone(), authority };
            let shown = invitation.shown();
            assert_eq!(invitation.url(), url);
            assert_eq!(Invitation::parse(&format!(" {} ", shown.to_lowercase())), Ok(invitation));
        }
    }

    #[test]
    fn a_slip_of_the_finger_is_noticed() {
        let invitation = Invitation {
            address: "huyen.example:7443".to_owned(),
            code: EnrolCode::new([7; 26]),
            authority: Some(Fingerprint([9; 16])),
        };
        let shown = invitation.shown();
        let longer = format!("{shown}/x");
        for text in [&shown[..shown.len() - 1], &shown[1 + shown.find('/').unwrap()..], &longer, "", "/"] {
            assert_eq!(Invitation::parse(text), Err(Mistyped), "{text}");
        }
    }
}
