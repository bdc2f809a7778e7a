package standing.bench;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.utils.Bytes;

/** Keys and values of the state's rows: the same bytes as on the other side, see README.md. */
final class Rows {
    static final byte LIVE = 1;
    static final byte WITHDRAWN = 2;
    static final byte EXPIRED = 3;
    static final Bytes TIME = Bytes.wrap(new byte[] {'m'});
    private static final int RECORD_BYTES = 15;

    private Rows() {}

    static Bytes head(byte[] subject) {
        return Bytes.wrap(ByteBuffer.allocate(17).put((byte) 'h').put(subject).array());
    }

    static Bytes record(byte[] subject, long record) {
        return Bytes.wrap(ByteBuffer.allocate(25).put((byte) 'r').put(subject).putLong(record).array());
    }

    static Bytes timer(long dueMicros, byte[] subject, long record) {
        ByteBuffer key = ByteBuffer.allocate(33).put((byte) 't').putLong(dueMicros);
        return Bytes.wrap(key.put(subject).putLong(record).array());
    }

    /** The least key of a timer that is due at this time or after. */
    static Bytes timersFrom(long dueMicros) {
        return Bytes.wrap(ByteBuffer.allocate(9).put((byte) 't').putLong(dueMicros).array());
    }

    static byte[] subjectOfTimer(Bytes key) {
        return Arrays.copyOfRange(key.get(), 9, 25);
    }

    static long recordOfTimer(Bytes key) {
        return ByteBuffer.wrap(key.get()).getLong(25);
    }

    static byte[] record(byte standing, Event event) {
        int body = event.bytes().length - Event.HEAD_BYTES;
        ByteBuffer row = ByteBuffer.allocate(RECORD_BYTES + body).put(standing).putInt(event.revision());
        row.putLong(event.expiresMicros()).putShort((short) event.measures());
        return row.put(event.bytes(), Event.HEAD_BYTES, body).array();
    }

    static byte[] expired(byte[] row) {
        byte[] expired = row.clone();
        expired[0] = EXPIRED;
        return expired;
    }

    static boolean isLive(byte[] row) {
        return row[0] == LIVE;
    }

    static int revision(byte[] row) {
        return ByteBuffer.wrap(row).getInt(1);
    }

    static long expiresMicros(byte[] row) {
        return ByteBuffer.wrap(row).getLong(5);
    }

    /** The measures that the record is a ground of while it stands so. */
    static int grounds(byte[] row) {
        return isLive(row) ? ByteBuffer.wrap(row).getShort(13) & 0xffff : 0;
    }
}
