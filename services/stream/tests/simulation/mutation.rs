//! The protections, each switched off: a worker without it must be caught by the check, or it protects from nothing.
//!
//! Some cover for each other, and hide one another's absence from a check of the outcome. Each is therefore tried under the
//! troubles that it is for.

use stream::probe::Protection;

use crate::faults::Faults;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutation {
    /// One that only the worker itself can leave out.
    Without(Protection),
    /// Offsets are sent for all partitions of a transaction but the last.
    OffsetsOfSome,
    /// Offsets are sent as the member we are by then, not as the one we were when the transaction began.
    MetadataAtCommit,
    /// Offsets are sent as the member we know to be by then. Only what is left out beside it makes that wrong.
    MetadataAsKnown,
    /// A producer is used on after a call that had to be repeated.
    TimedOutProducerKept,
    /// The fold is not told to forget what it remembers of a state that was given up.
    FoldRemembers,
    /// A record that fails keeps what it changed and sent before it failed.
    HalfARecordKept,
    /// State is not told apart from that of another partition: it bears the stamp of the place where it lies.
    StampOfThePlace,
    /// A new producer fences nobody, and ends nothing that its predecessor left open.
    NoFencing,
    /// The committed offset is read past the offsets of transactions that are still open.
    UnstableOffsets,
    /// When the group has lost its offset, the last mark does not stand in.
    NoFallback,
    /// The last mark is looked for although a transaction that is open hides later ones.
    MarkBehindOpenTransaction,
    /// Where a partition ends is known from the answer before.
    OldEnds,
}

impl Mutation {
    pub(crate) const ALL: [Self; 34] = [
        Self::Without(Protection::OverlayDropped),
        Self::Without(Protection::QuietReplay),
        Self::Without(Protection::WrittenAfterCommit),
        Self::Without(Protection::AheadRefused),
        Self::Without(Protection::OffsetAskedAgain),
        Self::Without(Protection::DamagedSetAside),
        Self::Without(Protection::RevokedSettled),
        Self::Without(Protection::LostAborted),
        Self::Without(Protection::OldRecordsPassedOver),
        Self::Without(Protection::UnownedTaken),
        Self::Without(Protection::SlowProducerReplaced),
        Self::Without(Protection::DoubtedProducerReplaced),
        Self::Without(Protection::NewestByOffset),
        Self::Without(Protection::AheadNotRestored),
        Self::Without(Protection::CheckpointIdentified),
        Self::Without(Protection::FilesChecked),
        Self::Without(Protection::EarlierTried),
        Self::Without(Protection::ManifestLast),
        Self::Without(Protection::SharedIfThere),
        Self::Without(Protection::UploadChecked),
        Self::Without(Protection::YoungFilesSpared),
        Self::Without(Protection::UnreadSpared),
        Self::Without(Protection::NamedSpared),
        Self::OffsetsOfSome,
        Self::MetadataAtCommit,
        Self::TimedOutProducerKept,
        Self::FoldRemembers,
        Self::HalfARecordKept,
        Self::StampOfThePlace,
        Self::NoFencing,
        Self::UnstableOffsets,
        Self::NoFallback,
        Self::MarkBehindOpenTransaction,
        Self::OldEnds,
    ];

    /// What covers for the protection, and is left out with it. Left out alone it does no harm under these troubles.
    pub(crate) fn cover(self) -> Option<Self> {
        let covered =
            [Self::Without(Protection::RevokedSettled), Self::Without(Protection::LostAborted)].contains(&self);
        covered.then_some(Self::MetadataAsKnown)
    }

    /// A seed known to catch it; others are tried if it does not any more.
    pub(crate) fn caught_by(self) -> u64 {
        match self {
            Self::Without(protection) => match protection {
                Protection::OverlayDropped | Protection::QuietReplay => 1,
                Protection::OldRecordsPassedOver => 3,
                Protection::DamagedSetAside => 3,
                Protection::AheadRefused => 6,
                Protection::AheadNotRestored => 14,
                Protection::WrittenAfterCommit => 23,
                Protection::LostAborted => 23,
                Protection::RevokedSettled => 6,
                Protection::OffsetAskedAgain => 29,
                Protection::SharedIfThere => 14,
                Protection::NewestByOffset => 44,
                Protection::UploadChecked => 41,
                Protection::YoungFilesSpared => 12,
                Protection::EarlierTried => 35,
                Protection::UnreadSpared => 148,
                Protection::CheckpointIdentified => 8,
                Protection::FilesChecked | Protection::UnownedTaken => 2,
                Protection::SlowProducerReplaced => 29,
                Protection::DoubtedProducerReplaced => 3,
                // Of the last two see `two_of_one_name_make_way_for_each_other`, and, for no state of the simulation is so
                // large that damage hides in it, `a_checkpoint_that_turns_out_damaged_is_not_taken_twice`.
                Protection::ManifestLast
                | Protection::NamedSpared
                | Protection::RivalsYield
                | Protection::CopiesDistrusted => 1,
            },
            Self::TimedOutProducerKept | Self::OldEnds => 3,
            Self::MetadataAtCommit => 5,
            Self::MarkBehindOpenTransaction => 189,
            Self::UnstableOffsets => 28,
            Self::StampOfThePlace => 57,
            Self::OffsetsOfSome
            | Self::MetadataAsKnown
            | Self::FoldRemembers
            | Self::HalfARecordKept
            | Self::NoFencing
            | Self::NoFallback => 1,
        }
    }

    /// The troubles that the protection is for.
    pub(crate) fn troubles(self) -> Faults {
        let work = Faults { start: 15, ..Faults::default() };
        let copied = Faults { checkpoints: 50, disk_lost: 15, ..work.clone() };
        match self {
            Self::Without(Protection::OverlayDropped) | Self::FoldRemembers => Faults { error: 60, ..work },
            Self::Without(Protection::QuietReplay) => Faults { kill: 200, crash: 10, ..work },
            Self::Without(Protection::WrittenAfterCommit) | Self::OffsetsOfSome => Faults { crash: 10, ..work },
            Self::Without(Protection::AheadRefused) => Faults { reset_offsets: 5, ..work },
            Self::Without(Protection::DamagedSetAside) | Self::StampOfThePlace => {
                Faults { crash: 20, disk: 30, start: 40, ..work }
            }
            Self::Without(Protection::RevokedSettled) | Self::MetadataAsKnown => Faults { start: 30, stop: 25, ..work },
            Self::Without(Protection::LostAborted) => Faults { start: 20, expire: 30, ..work },
            Self::Without(Protection::OldRecordsPassedOver) => Faults { error: 60, handed_out_again: 1, ..work },
            Self::Without(Protection::UnownedTaken) => Faults { kill: 60, start: 60, ..work },
            Self::Without(Protection::SlowProducerReplaced) => Faults { slow_commit: 3, ..work },
            Self::Without(Protection::DoubtedProducerReplaced) => Faults { repeated_commit: 3, ..work },
            Self::Without(Protection::RivalsYield) => work,
            Self::Without(Protection::ManifestLast | Protection::NamedSpared) => copied,
            Self::Without(Protection::NewestByOffset) => Faults { store_error: 5, store_slow: 5, stall: 60, ..copied },
            Self::Without(Protection::AheadNotRestored) => Faults { reset_offsets: 5, ..copied },
            Self::Without(Protection::CopiesDistrusted) => Faults { crash: 20, disk: 30, start: 40, ..copied },
            Self::Without(Protection::CheckpointIdentified | Protection::EarlierTried | Protection::SharedIfThere) => {
                Faults { depot: 30, ..copied }
            }
            // Most damage shows by itself when the state is opened.
            Self::Without(Protection::FilesChecked) => Faults { depot: 40, disk_lost: 40, ..copied },
            Self::Without(Protection::UploadChecked | Protection::YoungFilesSpared | Protection::UnreadSpared) => {
                Faults { depot: 30, store_error: 10, store_slow: 5, ..copied }
            }
            Self::MetadataAtCommit | Self::UnstableOffsets => Faults { stall: 60, start: 30, ..work },
            Self::Without(Protection::OffsetAskedAgain) => Faults { stall: 30, start: 30, expire: 20, ..work },
            Self::OldEnds => work,
            Self::TimedOutProducerKept => Faults { late_commit: 2, ..work },
            Self::HalfARecordKept => Faults { failing: 20, ..work },
            Self::NoFencing => Faults { kill: 150, start: 30, ..work },
            Self::MarkBehindOpenTransaction => Faults { stall: 60, start: 30, forget_offsets: 15, ..work },
            Self::NoFallback => Faults { crash: 15, forget_offsets: 15, ..work },
        }
    }
}
