//! What Kafka's errors ask of the caller: the one place where its codes are judged.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use crate::log::LogError;

/// Sorts an error of the client by what must be done about it.
pub(super) fn classify(what: &'static str, error: &KafkaError) -> LogError {
    let reason = error.to_string();
    let code = error.rdkafka_error_code();
    if let Some(code) = code.filter(|code| is_fencing(*code)) {
        return LogError::Fenced { what, reason: format!("{code:?}") };
    }
    if let KafkaError::Transaction(error) = error {
        let reason = format!("{:?}: {}", error.code(), error.string());
        let flags =
            Flags { fatal: error.is_fatal(), abort: error.txn_requires_abort(), retriable: error.is_retriable() };
        return flagged(what, reason, flags);
    }
    // The flush that precedes a commit timed out: the transaction is still open and may be aborted.
    if matches!(error, KafkaError::Flush(_)) {
        return LogError::Abort { what, reason };
    }
    if matches!(error, KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_) | KafkaError::Nul(_)) {
        return LogError::Refused { what, reason };
    }
    // A partition that a producer names and that is not there stays away; a consumer's topic may come yet.
    let producing = matches!(error, KafkaError::MessageProduction(_));
    match code {
        Some(Code::QueueFull) => LogError::QueueFull { what },
        Some(code) if producing && is_unknown(code) => LogError::Refused { what, reason },
        Some(code) if is_passing(code) || is_unknown(code) => LogError::Retry { what, reason },
        Some(code) if is_refusal(code) => LogError::Refused { what, reason },
        Some(code) if is_abortable(code) => LogError::Abort { what, reason },
        // The calls that report by text alone are local ones, made of a state that will have changed.
        None => LogError::Retry { what, reason },
        Some(_) => LogError::Fatal { what, reason },
    }
}

/// What the client says of an error of the transactional API.
#[derive(Clone, Copy, Default)]
struct Flags {
    fatal: bool,
    abort: bool,
    retriable: bool,
}

/// An error without any flag is fatal, says librdkafka.
fn flagged(what: &'static str, reason: String, flags: Flags) -> LogError {
    match flags {
        Flags { fatal: true, .. } => LogError::Fatal { what, reason },
        Flags { abort: true, .. } => LogError::Abort { what, reason },
        Flags { retriable: true, .. } => LogError::Retry { what, reason },
        Flags { .. } => LogError::Fatal { what, reason },
    }
}

/// A member that was not polled in time counts as fenced: see `member.rs`.
fn is_fencing(code: Code) -> bool {
    matches!(
        code,
        Code::Fenced | Code::FencedInstanceId | Code::InvalidProducerEpoch | Code::PollExceeded | Code::ProducerFenced
    )
}

fn is_unknown(code: Code) -> bool {
    matches!(code, Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition | Code::UnknownTopicId)
}

/// The client or the cluster will get over it.
fn is_passing(code: Code) -> bool {
    matches!(
        code,
        Code::AllBrokersDown
            | Code::BrokerDestroy
            | Code::BrokerNotAvailable
            | Code::BrokerTransportFailure
            | Code::ConcurrentTransactions
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::FencedLeaderEpoch
            | Code::InProgress
            | Code::Interrupted
            | Code::KafkaStorageError
            | Code::LeaderNotAvailable
            | Code::MessageTimedOut
            | Code::NetworkException
            | Code::NodeUpdate
            | Code::NotController
            | Code::NotCoordinator
            | Code::NotEnoughReplicas
            | Code::NotEnoughReplicasAfterAppend
            | Code::NotLeaderForPartition
            | Code::OffsetNotAvailable
            | Code::OperationTimedOut
            | Code::Outdated
            | Code::PreviousInProgress
            | Code::RebalanceInProgress
            | Code::ReplicaNotAvailable
            | Code::RequestTimedOut
            | Code::Resolve
            | Code::Retry
            | Code::ThrottlingQuotaExceeded
            | Code::TimedOutQueue
            | Code::UnknownLeaderEpoch
            | Code::UnstableOffsetCommit
            | Code::WaitCache
            | Code::WaitingForCoordinator
    )
}

/// Trying again does not help: the request, a setting or a permission must change.
fn is_refusal(code: Code) -> bool {
    matches!(
        code,
        Code::Authentication
            | Code::AutoOffsetReset
            | Code::ClusterAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::InvalidArgument
            | Code::InvalidConfig
            | Code::InvalidGroupId
            | Code::InvalidMessageSize
            | Code::InvalidPartitions
            | Code::InvalidRecord
            | Code::InvalidReplicationFactor
            | Code::InvalidRequest
            | Code::InvalidSessionTimeout
            | Code::InvalidTimestamp
            | Code::InvalidTopic
            | Code::InvalidTransactionTimeout
            | Code::MessageBatchTooLarge
            | Code::MessageSizeTooLarge
            | Code::OffsetOutOfRange
            | Code::PolicyViolation
            | Code::SSL
            | Code::SaslAuthenticationFailed
            | Code::TopicAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
            | Code::UnsupportedFeature
            | Code::UnsupportedVersion
    )
}

fn is_abortable(code: Code) -> bool {
    matches!(
        code,
        Code::IllegalGeneration
            | Code::InvalidProducerIdMapping
            | Code::PurgeInflight
            | Code::PurgeQueue
            | Code::UnknownMemberId
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(error: &KafkaError) -> &'static str {
        asked(&classify("test", error))
    }

    fn asked(error: &LogError) -> &'static str {
        match error {
            LogError::Retry { .. } => "retry",
            LogError::Abort { .. } => "abort",
            LogError::Fatal { .. } => "fatal",
            LogError::Fenced { .. } => "fenced",
            LogError::Refused { .. } => "refused",
            LogError::QueueFull { .. } => "queue full",
        }
    }

    #[test]
    fn of_an_error_of_the_transactional_api_the_gravest_flag_counts_and_none_is_fatal() {
        let none = Flags::default();
        let flags = |flags: Flags| asked(&flagged("test", String::new(), flags));
        assert_eq!(flags(Flags { retriable: true, ..none }), "retry");
        assert_eq!(flags(Flags { abort: true, ..none }), "abort");
        assert_eq!(flags(Flags { abort: true, retriable: true, ..none }), "abort");
        assert_eq!(flags(Flags { fatal: true, abort: true, retriable: true }), "fatal");
        assert_eq!(flags(none), "fatal");
    }

    #[test]
    fn a_producer_that_is_fenced_never_tries_harder() {
        for code in [Code::Fenced, Code::FencedInstanceId, Code::InvalidProducerEpoch, Code::ProducerFenced] {
            assert_eq!(asks(&KafkaError::MessageProduction(code)), "fenced", "{code:?}");
            assert_eq!(asks(&KafkaError::ConsumerCommit(code)), "fenced", "{code:?}");
        }
    }

    #[test]
    fn what_a_member_of_a_past_generation_or_an_unknown_producer_sent_is_aborted() {
        for code in [Code::IllegalGeneration, Code::UnknownMemberId, Code::InvalidProducerIdMapping] {
            assert_eq!(asks(&KafkaError::ConsumerCommit(code)), "abort", "{code:?}");
        }
        // The client's own flush before a commit ran out of time.
        assert_eq!(asks(&KafkaError::Flush(Code::OperationTimedOut)), "abort");
    }

    #[test]
    fn what_passes_is_tried_again_and_what_does_not_is_refused() {
        assert_eq!(asks(&KafkaError::MessageProduction(Code::QueueFull)), "queue full");
        for code in [Code::OperationTimedOut, Code::CoordinatorLoadInProgress, Code::UnstableOffsetCommit] {
            assert_eq!(asks(&KafkaError::OffsetFetch(code)), "retry", "{code:?}");
        }
        assert_eq!(asks(&KafkaError::MessageProduction(Code::MessageSizeTooLarge)), "refused");
        // A partition that a producer names stays away; a consumer's topic may come yet.
        assert_eq!(asks(&KafkaError::MessageProduction(Code::UnknownPartition)), "refused");
        assert_eq!(asks(&KafkaError::MetadataFetch(Code::UnknownTopicOrPartition)), "retry");
        assert_eq!(asks(&KafkaError::ConsumerCommit(Code::InvalidTransactionalState)), "fatal", "what nobody foresaw");
    }
}
