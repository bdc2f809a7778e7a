//! How RocksDB is tuned, and the memory that all stores of a process share.
//!
//! One cache per process; memtables are charged to it, so the budget holds for both together however many partitions
//! there are. Numbers: engine measurements on two cores (point reads and small batches, keys of 8 to 60 bytes,
//! values of 100 bytes to 2 KB).

use rocksdb::{
    BlockBasedOptions, Cache, DBCompressionType, DBRecoveryMode, DataBlockIndexType, Env, LogLevel, Options,
    WriteBufferManager,
};

use super::groups;

/// A third of the budget may be memtables: writes then reach disk in files worth compacting.
const MEMTABLE_SHARE: usize = 3;
/// A memtable of one partition: small enough that eight active partitions fit, large enough to batch.
const MEMTABLE_BYTES: std::ops::RangeInclusive<usize> = (1 << 20)..=(32 << 20);
/// Memtables of partitions differ by sixteenths of the mean, from 12 on, in turn: partitions are written alike, and those of one
/// size would be full, be flushed and bring about their compactions all in the same second (as Kafka's `segment.jitter.ms` for its segments).
const MEMTABLE_STEPS: usize = 8;
const MEMTABLE_LEAST: usize = 12;
/// Of the lowest level, which most compactions write: RocksDB's own default, 3, takes more of the processor for a hundredth fewer bytes
/// written.
const ZSTD_LEVEL: i32 = 1;
/// RocksDB's own default; it is zlib's alone.
const ZSTD_WINDOW_BITS: i32 = -14;
/// Filters and indexes are kept in the cache (and so in the budget) when it is large enough not to thrash on them.
const FILTERS_IN_CACHE_FROM: usize = 1 << 30;

/// The memory shared by all stores of a process: a block cache with the memtables charged to it.
#[derive(Clone)]
pub struct Memory {
    cache: Cache,
    buffers: WriteBufferManager,
    bytes: usize,
    compacts: bool,
}

impl Memory {
    pub fn new(bytes: usize) -> Self {
        compact_behind_everything_else();
        let cache = Cache::new_hyper_clock_cache(bytes, 0);
        // No stalling: memtables of idle partitions count too and are not flushed by a busy one, which would wait for ever.
        let buffers =
            WriteBufferManager::new_write_buffer_manager_with_cache(bytes / MEMTABLE_SHARE, false, cache.clone());
        Self { cache, buffers, bytes, compacts: true }
    }

    /// Whether stores compact their files in the background: all do, but for a simulation.
    pub(crate) fn compacting(self, compacts: bool) -> Self {
        Self { compacts, ..self }
    }

    /// Bytes in use, memtables included.
    pub fn used_bytes(&self) -> usize {
        self.cache.get_usage()
    }

    /// How the state of a partition is opened.
    pub(super) fn options(&self, partition: i32) -> Options {
        let mut options = inserting_in_order();
        options.create_if_missing(true);
        options.set_paranoid_checks(true);
        options.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
        options.set_write_buffer_manager(&self.buffers);
        let memtable = self.memtable(partition);
        options.set_write_buffer_size(memtable);
        options.set_max_total_wal_size(4 * memtable as u64);
        options.set_memtable_prefix_bloom_ratio(0.02);
        options.set_memtable_whole_key_filtering(true);
        options.set_prefix_extractor(groups::extractor());
        options.set_max_background_jobs(2);
        options.set_disable_auto_compactions(!self.compacts);
        options.set_max_subcompactions(1);
        options.set_max_open_files(-1);
        // Every opening starts so many threads, however few files there are; a state has tens.
        options.set_max_file_opening_threads(2);
        // Its 4 MiB are taken at every opening otherwise; the manifest of a state has a few KiB.
        options.set_manifest_preallocation_size(64 << 10);
        options.set_bytes_per_sync(1 << 20);
        options.set_wal_bytes_per_sync(1 << 20);
        options.set_level_compaction_dynamic_level_bytes(true);
        options.set_target_file_size_base(64 << 20);
        options.set_compression_per_level(&[
            DBCompressionType::None,
            DBCompressionType::None,
            DBCompressionType::Lz4,
            DBCompressionType::Lz4,
            DBCompressionType::Lz4,
            DBCompressionType::Lz4,
            DBCompressionType::Lz4,
        ]);
        options.set_bottommost_compression_type(DBCompressionType::Zstd);
        options.set_bottommost_compression_options(ZSTD_WINDOW_BITS, ZSTD_LEVEL, 0, 0, true);
        options.set_skip_stats_update_on_db_open(true);
        options.set_stats_dump_period_sec(0);
        options.set_log_level(LogLevel::Warn);
        options.set_keep_log_file_num(2);
        options.set_max_log_file_size(4 << 20);
        options.set_block_based_table_factory(&self.blocks());
        options
    }

    pub(super) fn memtable(&self, partition: i32) -> usize {
        let mean = (self.bytes / MEMTABLE_SHARE / 8).clamp(*MEMTABLE_BYTES.start(), *MEMTABLE_BYTES.end());
        let number = usize::try_from(partition).unwrap_or_default();
        // Also where a worker has every eighth.
        let step = (number + number / MEMTABLE_STEPS) % MEMTABLE_STEPS;
        mean / 16 * (MEMTABLE_LEAST + step)
    }

    fn blocks(&self) -> BlockBasedOptions {
        let mut blocks = BlockBasedOptions::default();
        blocks.set_block_cache(&self.cache);
        blocks.set_block_size(8 << 10);
        blocks.set_format_version(5);
        blocks.set_bloom_filter(10.0, false);
        blocks.set_whole_key_filtering(true);
        blocks.set_data_block_index_type(DataBlockIndexType::BinaryAndHash);
        let in_cache = self.bytes >= FILTERS_IN_CACHE_FROM;
        blocks.set_cache_index_and_filter_blocks(in_cache);
        blocks.set_pin_l0_filter_and_index_blocks_in_cache(in_cache);
        blocks
    }
}

/// Batches are in the order of their keys: in a memtable, what comes next is searched from where the last of the same kind (a key's
/// first byte) went, and not from the top. The option has no setter in C, and so none here.
fn inserting_in_order() -> Options {
    let given = Options::default().get_options_from_string("memtable_insert_with_hint_prefix_extractor=fixed:1");
    given.unwrap_or_else(|error| {
        tracing::warn!(%error, "memtables are searched from the top for every row that is written");
        Options::default()
    })
}

/// A compaction takes a core for a second and longer, and an event waits for none: its threads get the processor that is left over
/// (nice 19). Flushes, which a full memtable waits for, do not. Only where compactions have fallen so far behind that RocksDB would slow
/// writes down does a write, or a checkpoint, wait for them. Holds for the process, whose stores share the threads; saying it again
/// changes nothing.
fn compact_behind_everything_else() {
    match Env::new() {
        Ok(mut env) => env.lower_thread_pool_cpu_priority(),
        Err(error) => tracing::warn!(%error, "compactions keep the priority of everything else"),
    }
}
