package standing.bench;

import java.nio.ByteBuffer;

/** Of each measure of a subject: how many live records are a ground of it, and how often its flag has changed. */
final class Head {
    static final int MEASURES = 16;
    private static final int ENTRY_BYTES = 9;
    final int[] grounds = new int[MEASURES];
    final int[] versions = new int[MEASURES];

    static Head decode(byte[] row) {
        Head head = new Head();
        if (row != null) {
            ByteBuffer entries = ByteBuffer.wrap(row);
            while (entries.hasRemaining()) {
                int measure = entries.get();
                head.grounds[measure] = entries.getInt();
                head.versions[measure] = entries.getInt();
            }
        }
        return head;
    }

    byte[] encode() {
        int entries = 0;
        for (int version : versions) {
            entries += version > 0 ? 1 : 0;
        }
        ByteBuffer row = ByteBuffer.allocate(entries * ENTRY_BYTES);
        for (int measure = 0; measure < MEASURES; measure++) {
            if (versions[measure] > 0) {
                row.put((byte) measure).putInt(grounds[measure]).putInt(versions[measure]);
            }
        }
        return row.array();
    }
}
