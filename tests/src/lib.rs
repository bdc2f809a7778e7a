//! End-to-end tests on a real Apache Kafka; see the files beside this one.
