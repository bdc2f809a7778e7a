package standing.bench;

import java.nio.ByteBuffer;

/** One change of one record of a subject, read where it stands: the layout is in README.md. */
record Event(byte[] bytes) {
    static final byte VERSION = 1;
    static final int SUBJECT_BYTES = 16;
    static final int HEAD_BYTES = 40;
    private static final byte UPSERT = 1;
    private static final byte WITHDRAW = 2;

    /** Null where the bytes are no event: such a record is passed over. */
    static Event decode(byte[] bytes) {
        if (bytes == null || bytes.length < HEAD_BYTES || bytes[0] != VERSION) {
            return null;
        }
        return bytes[1] == UPSERT || bytes[1] == WITHDRAW ? new Event(bytes) : null;
    }

    boolean isUpsert() {
        return bytes[1] == UPSERT;
    }

    long atMicros() {
        return buffer().getLong(2);
    }

    long stamp() {
        return buffer().getLong(10);
    }

    long record() {
        return buffer().getLong(18);
    }

    int revision() {
        return buffer().getInt(26);
    }

    long expiresMicros() {
        return buffer().getLong(30);
    }

    int measures() {
        return buffer().getShort(38) & 0xffff;
    }

    private ByteBuffer buffer() {
        return ByteBuffer.wrap(bytes);
    }
}
