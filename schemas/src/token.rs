//! The token of a receipt: how far the log had come when the events it stands for were acknowledged.
//!
//! `st1.` and base64url without padding of: checksum (4 bytes) | length of the topic id (1) | topic id | offsets as
//! signed 64-bit big-endian, one a partition, -1 where nothing is known. Opaque to clients; the checksum tells a broken token
//! from one of another log.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

const PREFIX: &str = "st1.";
/// A token holds one offset a partition; no topic of ours comes near this many.
const PARTITIONS_MAX: usize = 4_096;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Id of the events topic, as the log gives it.
    pub topic_id: String,
    /// Per partition the highest offset acknowledged; -1 for none.
    pub offsets: Vec<i64>,
}

/// The text is no token: it was cut, changed or never one. Ask without `at_least`, or send the token as it was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no token, or a broken one")]
pub struct TokenError;

impl Token {
    pub fn encode(&self) -> String {
        let id = self.topic_id.as_bytes();
        let id = &id[..id.len().min(usize::from(u8::MAX))];
        let mut body = Vec::with_capacity(1 + id.len() + self.offsets.len() * 8);
        body.push(u8::try_from(id.len()).unwrap_or(u8::MAX));
        body.extend_from_slice(id);
        for offset in &self.offsets {
            body.extend_from_slice(&offset.to_be_bytes());
        }
        let mut bytes = checksum(&body).to_vec();
        bytes.extend_from_slice(&body);
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    pub fn decode(text: &str) -> Result<Self, TokenError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(TokenError)?;
        let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| TokenError)?;
        let (sum, body) = bytes.split_at_checked(4).ok_or(TokenError)?;
        if sum != checksum(body) {
            return Err(TokenError);
        }
        let (length, rest) = body.split_first().ok_or(TokenError)?;
        let (id, offsets) = rest.split_at_checked(usize::from(*length)).ok_or(TokenError)?;
        let (offsets, []) = offsets.as_chunks::<8>() else { return Err(TokenError) };
        if offsets.len() > PARTITIONS_MAX {
            return Err(TokenError);
        }
        Ok(Self {
            topic_id: String::from_utf8(id.to_vec()).map_err(|_| TokenError)?,
            offsets: offsets.iter().map(|bytes| i64::from_be_bytes(*bytes)).collect(),
        })
    }
}

fn checksum(body: &[u8]) -> [u8; 4] {
    let hash = Sha256::digest(body);
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_token_comes_back_as_it_went(topic_id in "[A-Za-z0-9_-]{1,40}", offsets in prop::collection::vec(-1_i64.., 0..64)) {
            let token = Token { topic_id, offsets };
            prop_assert_eq!(Token::decode(&token.encode()), Ok(token));
        }

        #[test]
        fn a_changed_token_is_refused(at in 4_usize..40, by in "[A-Za-z0-9_-]") {
            let text = Token { topic_id: "topic".to_owned(), offsets: vec![1, 2, 3] }.encode();
            let mut changed = text.clone();
            changed.replace_range(at..=at, &by);
            if changed != text {
                prop_assert_eq!(Token::decode(&changed), Err(TokenError));
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,200}") {
            let _ = Token::decode(&text);
        }
    }
}
