# shellcheck shell=sh
# Sourced by what measures on a node for long: as its own start script would run it, and not as it starts soonest; and with the cleaner's
# own pause, not the tests', which would burden whoever has a compacted changelog.
export STANDING_KAFKA_SETTINGS="${STANDING_KAFKA_SETTINGS:-log.cleaner.backoff.ms=15000}"
export STANDING_KAFKA_JAVA="${STANDING_KAFKA_JAVA:--XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35}"
