package standing.bench;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** The benchmark's fold, step by step as in tests/src/peer/fold.rs. */
final class Fold implements Processor<byte[], byte[], byte[], byte[]> {
    static final String STORE = "state";
    private static final long TICK_MICROS = 1_000_000;
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<Bytes, byte[]> store;
    private long timeMicros;

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        store = context.getStateStore(STORE);
        byte[] time = store.get(Rows.TIME);
        timeMicros = time == null ? 0 : ByteBuffer.wrap(time).getLong();
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        byte[] subject = record.key();
        Event event = Event.decode(record.value());
        if (event == null || subject == null || subject.length != Event.SUBJECT_BYTES) {
            return;
        }
        advance(event, record);
        change(subject, event, record);
    }

    /** Moves the partition's time forward to the event's, and fires what is due. */
    private void advance(Event event, Record<byte[], byte[]> origin) {
        long at = event.atMicros();
        long tick = at > 0 ? at - at % TICK_MICROS : 0;
        if (tick <= timeMicros) {
            return;
        }
        List<Bytes> due = new ArrayList<>();
        // A store's range includes its end, and no timer's key is as short as this one.
        Bytes from = Rows.timersFrom(timeMicros + 1);
        try (KeyValueIterator<Bytes, byte[]> timers = store.range(from, Rows.timersFrom(tick + 1))) {
            timers.forEachRemaining(timer -> due.add(timer.key));
        }
        timeMicros = tick;
        store.put(Rows.TIME, ByteBuffer.allocate(8).putLong(tick).array());
        for (Bytes timer : due) {
            expire(timer, event, origin);
        }
    }

    private void expire(Bytes timer, Event event, Record<byte[], byte[]> origin) {
        byte[] subject = Rows.subjectOfTimer(timer);
        Bytes key = Rows.record(subject, Rows.recordOfTimer(timer));
        byte[] row = store.get(key);
        // A store's delete would read the row first, to return it.
        store.put(timer, null);
        store.put(key, Rows.expired(row));
        count(subject, Rows.grounds(row), 0, event, origin);
    }

    private void change(byte[] subject, Event event, Record<byte[], byte[]> origin) {
        Bytes key = Rows.record(subject, event.record());
        byte[] before = store.get(key);
        if (before != null && Integer.compareUnsigned(event.revision(), Rows.revision(before)) <= 0) {
            return;
        }
        if (before != null && Rows.isLive(before) && Rows.expiresMicros(before) != 0) {
            store.put(Rows.timer(Rows.expiresMicros(before), subject, event.record()), null);
        }
        long expires = event.expiresMicros();
        byte standing = Rows.WITHDRAWN;
        if (event.isUpsert()) {
            standing = expires != 0 && expires <= timeMicros ? Rows.EXPIRED : Rows.LIVE;
        }
        byte[] after = Rows.record(standing, event);
        store.put(key, after);
        if (standing == Rows.LIVE && expires != 0) {
            store.put(Rows.timer(expires, subject, event.record()), new byte[0]);
        }
        count(subject, before == null ? 0 : Rows.grounds(before), Rows.grounds(after), event, origin);
    }

    /** A record was a ground of some measures and is of others: counts, and sends the flags that change. */
    private void count(byte[] subject, int before, int after, Event event, Record<byte[], byte[]> origin) {
        int changed = before ^ after;
        if (changed == 0) {
            return;
        }
        Bytes key = Rows.head(subject);
        Head head = Head.decode(store.get(key));
        for (int measure = 0; measure < Head.MEASURES; measure++) {
            if ((changed >> measure & 1) == 0) {
                continue;
            }
            boolean on = (after >> measure & 1) == 1;
            head.grounds[measure] += on ? 1 : -1;
            if (head.grounds[measure] == (on ? 1 : 0)) {
                head.versions[measure]++;
                byte[] flag = flag(on, head.versions[measure], event);
                context.forward(origin.withKey(flagKey(subject, measure)).withValue(flag));
            }
        }
        store.put(key, head.encode());
    }

    private static byte[] flagKey(byte[] subject, int measure) {
        return ByteBuffer.allocate(17).put(subject).put((byte) measure).array();
    }

    private static byte[] flag(boolean on, int version, Event event) {
        ByteBuffer flag = ByteBuffer.allocate(22).put(Event.VERSION).put((byte) (on ? 1 : 0)).putInt(version);
        return flag.putLong(event.atMicros()).putLong(event.stamp()).array();
    }
}
