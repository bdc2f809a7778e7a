package standing.bench;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** Runs by arguments of the form name=value until standard input ends; with "release" it says what it is built with. */
public final class Main {
    private static final String TRANSACTIONAL = "enable.transactional.statestores";
    private final Map<String, String> arguments = new TreeMap<>();

    private Main(String[] arguments) {
        for (String argument : arguments) {
            String[] parts = argument.split("=", 2);
            if (parts.length == 2) {
                this.arguments.put(parts[0], parts[1]);
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 1 && arguments[0].equals("release")) {
            System.out.println(version() + " " + hasTransactionalStores());
            return;
        }
        new Main(arguments).run();
    }

    private static String version() throws Exception {
        try (InputStream file = KafkaStreams.class.getResourceAsStream("/kafka/kafka-streams-version.properties")) {
            Properties properties = new Properties();
            properties.load(file);
            return properties.getProperty("version");
        }
    }

    private static boolean hasTransactionalStores() {
        return StreamsConfig.configDef().names().contains(TRANSACTIONAL);
    }

    private void run() throws Exception {
        KafkaStreams streams = new KafkaStreams(topology(), properties());
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.ERROR) {
                // It would go on as a process that does nothing.
                Runtime.getRuntime().halt(1);
            }
        });
        streams.start();
        byte[] told = new byte[64];
        while (System.in.read(told) >= 0) {
            // Nothing is told: the end is what counts.
            continue;
        }
        System.exit(streams.close(Duration.ofSeconds(60)) ? 0 : 1);
    }

    private String of(String name) {
        String value = arguments.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the argument " + name + "= is missing");
        }
        return value;
    }

    private boolean is(String name) {
        return Boolean.parseBoolean(of(name));
    }

    private Topology topology() {
        StoreBuilder<KeyValueStore<Bytes, byte[]>> store = Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(Fold.STORE), Serdes.Bytes(), Serdes.ByteArray());
        store = is("changelog") ? store.withLoggingEnabled(Map.of()) : store.withLoggingDisabled();
        if (Long.parseLong(of("cache_bytes")) > 0) {
            store = store.withCachingEnabled();
        }
        StreamPartitioner<byte[], byte[]> ownPartition = (topic, key, value, partitions) ->
            Optional.of(Set.of((int) Long.remainderUnsigned(ByteBuffer.wrap(key).getInt() & 0xffffffffL, partitions)));
        Topology topology = new Topology();
        topology.addSource("events", new ByteArrayDeserializer(), new ByteArrayDeserializer(), of("events"));
        topology.addProcessor("fold", Fold::new, "events");
        topology.addStateStore(store, "fold");
        topology.addSink("flags", of("flags"), new ByteArraySerializer(), new ByteArraySerializer(), ownPartition, "fold");
        return topology;
    }

    private Properties properties() {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, of("app"));
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, of("address"));
        properties.put(StreamsConfig.STATE_DIR_CONFIG, of("dir"));
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        if (!is("plain")) {
            tune(properties);
        }
        return properties;
    }

    private void tune(Properties properties) {
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, Long.valueOf(of("commit_ms")));
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, Long.valueOf(of("cache_bytes")));
        properties.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 10_000);
        properties.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, Storage.class);
        properties.put(Storage.MEMORY_BYTES, of("memory_bytes"));
        properties.put(Storage.COMPACTION, of("compaction"));
        // A static member comes back to its partitions at once, without waiting for its session to end.
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), of("app"));
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 5_000);
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.FETCH_MIN_BYTES_CONFIG), 1);
        // All clients look again as soon as Standing's do: it shows where a process starts.
        properties.put(StreamsConfig.RECONNECT_BACKOFF_MS_CONFIG, 20);
        properties.put(StreamsConfig.RETRY_BACKOFF_MS_CONFIG, 10);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 5);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 << 10);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
        if (is("transactional")) {
            if (!hasTransactionalStores()) {
                throw new IllegalArgumentException("this release has no transactional stores");
            }
            properties.put(TRANSACTIONAL, true);
        }
    }
}
