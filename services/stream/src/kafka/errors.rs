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
        return if error.is_fatal() {
            LogError::Fatal { what, reason }
        } else if error.txn_requires_abort() {
            LogError::Abort { what, reason }
        } else if error.is_retriable() {
            LogError::Retry { what, reason }
        } else {
            LogError::Fatal { what, reason }
        };
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
