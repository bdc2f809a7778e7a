//! What may happen to a register.

use crate::installation::Service;

/// A fault by its name; how each is brought about is in [`super::inject`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// SIGKILL, and started again at once.
    Killed(Service),
    /// The profile is stopped past its session's time-out while another instance takes over, and then goes on.
    Paused,
    /// SIGKILL of the broker, and started again on its data.
    BrokerKilled,
    /// The answer to a commit comes so late that it is in doubt.
    CommitAnsweredLate,
    /// The broker commits, and the answer never comes.
    CommitUnanswered,
    /// A commit reaches the broker only after the client has given it up.
    CommitDelayed,
    /// A commit's connection ends, the client sends it again on another, and then the first arrives: in a later transaction.
    CommitStrays,
    /// Every connection ends at once.
    ConnectionsCut,
    /// Nobody reaches the broker for a while.
    BrokerUnreachable,
    /// Two profile processes of one instance name.
    Twin,
    /// A second profile instance comes and goes, again and again.
    JoinLeaveStorm,
    /// SIGKILL while a second profile instance takes its share, and started again at once.
    KilledWhileSharing,
    /// The profile's state directory is gone: it comes back from checkpoints.
    StateLost,
    /// The checkpoints are gone too: it comes back from the log's start.
    StoreLost,
    /// The state is gone, and the newest manifests are not what was written.
    ManifestsCorrupted,
    /// The state is gone, and of one file in the store bytes are not what was written.
    CheckpointCorrupted,
    /// Bytes of the profile's state are not what was written.
    StateCorrupted,
    /// Files of the profile may not grow.
    DiskFull,
}

impl Fault {
    pub const ALL: [Self; 21] = [
        Self::Killed(Service::Profile),
        Self::Killed(Service::Flags),
        Self::Killed(Service::Gate),
        Self::Killed(Service::Intake),
        Self::Paused,
        Self::BrokerKilled,
        Self::CommitAnsweredLate,
        Self::CommitUnanswered,
        Self::CommitDelayed,
        Self::CommitStrays,
        Self::ConnectionsCut,
        Self::BrokerUnreachable,
        Self::Twin,
        Self::JoinLeaveStorm,
        Self::KilledWhileSharing,
        Self::StateLost,
        Self::StoreLost,
        Self::ManifestsCorrupted,
        Self::CheckpointCorrupted,
        Self::StateCorrupted,
        Self::DiskFull,
    ];

    /// Those that pass within a few seconds each, and the zombie.
    pub const QUICK: [Self; 14] = [
        Self::Killed(Service::Profile),
        Self::Killed(Service::Flags),
        Self::Killed(Service::Gate),
        Self::Killed(Service::Intake),
        Self::Paused,
        Self::CommitAnsweredLate,
        Self::CommitUnanswered,
        Self::CommitStrays,
        Self::ConnectionsCut,
        Self::Twin,
        Self::StateLost,
        Self::StoreLost,
        Self::ManifestsCorrupted,
        Self::StateCorrupted,
    ];

    pub fn name(self) -> String {
        match self {
            Self::Killed(service) => format!("kill -9 of {}", service.name()),
            Self::Paused => "profile stopped past its session, another takes over, then continued".to_owned(),
            Self::BrokerKilled => "kill -9 of the broker, restarted on its data".to_owned(),
            Self::CommitAnsweredLate => "EndTxn answered 3 s late".to_owned(),
            Self::CommitUnanswered => "EndTxn done, its answer lost with the connection".to_owned(),
            Self::CommitDelayed => "EndTxn reaches the broker 12 s late".to_owned(),
            Self::CommitStrays => "EndTxn sent again on another connection, the first arrives after it".to_owned(),
            Self::ConnectionsCut => "every connection to the broker cut".to_owned(),
            Self::BrokerUnreachable => "broker unreachable for some seconds".to_owned(),
            Self::Twin => "two profiles of one instance name".to_owned(),
            Self::JoinLeaveStorm => "a second profile joins and leaves, five times".to_owned(),
            Self::KilledWhileSharing => "kill -9 of the profile while a second takes its share".to_owned(),
            Self::StateLost => "profile's state directory lost".to_owned(),
            Self::StoreLost => "state directory and checkpoint store lost".to_owned(),
            Self::ManifestsCorrupted => "state lost, bytes flipped in the newest manifests".to_owned(),
            Self::CheckpointCorrupted => "state lost, bytes flipped in a file of the checkpoint store".to_owned(),
            Self::StateCorrupted => "bytes flipped in the profile's SST files".to_owned(),
            Self::DiskFull => "profile's files may not grow (RLIMIT_FSIZE)".to_owned(),
        }
    }
}
