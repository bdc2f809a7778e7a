package standing.bench;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompactionStyle;
import org.rocksdb.CompressionType;
import org.rocksdb.DataBlockIndexType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/** RocksDB as it is tuned on the other side: one block cache for all stores, with their memtables charged to it. */
public final class Storage implements RocksDBConfigSetter {
    static final String MEMORY_BYTES = "bench.memory.bytes";
    static final String COMPACTION = "bench.compaction";
    private static final long MEMTABLE_SHARE = 3;
    private static Cache cache;
    private static WriteBufferManager buffers;
    private static BloomFilter bloom;

    private static synchronized void share(long bytes) {
        if (cache == null) {
            RocksDB.loadLibrary();
            cache = new LRUCache(bytes);
            buffers = new WriteBufferManager(bytes / MEMTABLE_SHARE, cache);
            bloom = new BloomFilter(10, false);
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
        options.setCompressionType(CompressionType.LZ4_COMPRESSION);
        if ("level".equals(configs.get(COMPACTION))) {
            options.setCompactionStyle(CompactionStyle.LEVEL);
            options.setLevelCompactionDynamicLevelBytes(true);
            options.setTargetFileSizeBase(64 << 20);
        }
    }

    /** What is shared stays as long as the process. */
    @Override
    public void close(String store, Options options) {}
}
