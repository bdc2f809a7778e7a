//! Routes flags to the topics of the approval domains: what a domain's systems subscribe to is what they need to know, and
//! no more. And tells whoever decided on a flag when what it rested on is corrected ([`corrections`]).
//!
//! ```text
//! standing.flags  subject|measure ──► standing.flags.<domain>  domain's subject|measure   for each domain of the flag's matters
//!                 !mark           ──►                          !mark                      to every domain, at most once a second
//! ```
//!
//! A stateful fold on [`stream`], one row a flag, which remembers where the flag went: so a lift, a tombstone and a change of
//! matters reach every domain that holds it. Records keep their partition, their version and its header.
//!
//! There is no law here. A flag is cut to the matters of the domain, its exceptions too, and of a natural person only the
//! domain's own pseudonym goes out: two domains cannot join their people.
//!
//! The state can be rebuilt from `standing.flags`, with one limit: the topic is compacted, so where a state was lost *and* a flag
//! moved between domains while nobody routed *and* its earlier value is already gone, the domain it left keeps the earlier
//! value. Keep the state's volume; after such a loss compare the domains' topics with `standing.flags`.

mod corrections;
mod cut;
mod fold;
mod metrics;
mod refuse;
mod row;
mod service;

pub use service::{Components, Error, Flags, Settings};
