package standing.bench;

import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompactionStyle;
import org.rocksdb.CompressionOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DataBlockIndexType;
import org.rocksdb.Env;
import org.rocksdb.HyperClockCache;
import org.rocksdb.Options;
import org.rocksdb.Priority;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/** RocksDB as it is tuned on the other side: one block cache for all stores, with their memtables charged to it. */
public final class Storage implements RocksDBConfigSetter {
    static final String MEMORY_BYTES = "bench.memory.bytes";
    static final String COMPACTION = "bench.compaction";
    private static final long MEMTABLE_SHARE = 3;
    private static final int ZSTD_LEVEL = 1;
    private static Cache cache;
    private static WriteBufferManager buffers;
    private static BloomFilter bloom;
    private static CompressionOptions lowestLevel;

    private static synchronized void share(long bytes) {
        if (cache == null) {
            RocksDB.loadLibrary();
            cache = new HyperClockCache(bytes, 0, -1, false);
            buffers = new WriteBufferManager(bytes / MEMTABLE_SHARE, cache);
            bloom = new BloomFilter(10, false);
            lowestLevel = new CompressionOptions().setLevel(ZSTD_LEVEL).setEnabled(true);
            // Compactions get the processor that is left over, as over there.
            Env.getDefault().lowerThreadPoolCPUPriority(Priority.LOW);
        }
    }

    @Override
    public void setConfig(String store, Options options, Map<String, Object> configs) {
        long bytes = Long.parseLong(configs.get(MEMORY_BYTES).toString());
        share(bytes);
        BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
        table.setBlockCache(cache);
        table.setBlockSize(8 << 10);
        table.setFormatVersion(5);
        table.setFilterPolicy(bloom);
        table.setDataBlockIndexType(DataBlockIndexType.kDataBlockBinaryAndHash);
        options.setTableFormatConfig(table);
        options.setWriteBufferManager(buffers);
        options.setWriteBufferSize(Math.min(Math.max(bytes / MEMTABLE_SHARE / 8, 1 << 20), 32 << 20));
        options.setMaxBackgroundJobs(2);
        options.setMemtablePrefixBloomSizeRatio(0.02);
        options.setMemtableWholeKeyFiltering(true);
        CompressionType none = CompressionType.NO_COMPRESSION;
        CompressionType lz4 = CompressionType.LZ4_COMPRESSION;
        options.setCompressionType(lz4);
        options.setBottommostCompressionType(CompressionType.ZSTD_COMPRESSION);
        options.setBottommostCompressionOptions(lowestLevel);
        if ("level".equals(configs.get(COMPACTION))) {
            options.setCompactionStyle(CompactionStyle.LEVEL);
            options.setLevelCompactionDynamicLevelBytes(true);
            options.setTargetFileSizeBase(64 << 20);
            options.setCompressionPerLevel(List.of(none, none, lz4, lz4, lz4, lz4, lz4));
        }
    }

    /** What is shared stays as long as the process. */
    @Override
    public void close(String store, Options options) {}
}
