package dev.segue.tensor;

import dev.segue.bytes.BytesReader;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.bytes.spi.Lend;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Reads and writes ZIP archives whose entries are stored, not compressed, so that they are views.
 * Entries may be larger than 4 GiB (ZIP64).
 *
 * <p>Source: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16, 4.5.3.
 */
final class StoredZip {
  private static final int LOCAL = 0x04034b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int END = 0x06054b50;
  private static final int END64 = 0x06064b50;
  private static final int LOCATOR64 = 0x07064b50;
  private static final long LIMIT32 = 0xFFFFFFFFL;
  private static final int ALIGNMENT = 64;
  private static final int ENTRY_COUNT_LIMIT = 1 << 20;

  private static final int NAME_BYTE_SIZE_LIMIT = 0xFFFF;

  private final String format;
  private final SegmentedBytes file;

  private StoredZip(String format, SegmentedBytes file) {
    this.format = format;
    this.file = file;
  }

  private record Entry(String name, long byteOffset, long byteSize, int crc32) {}

  private record Place(Entry entry, long contentOffset) {}

  /**
   * The entries of an archive by their names: views. Each is checked against its CRC-32, which
   * reads all of it once.
   *
   * @param format that the archive is of, for messages
   * @throws TensorFormatException if it is not such an archive, or an entry is compressed,
   *     encrypted or damaged
   */
  static Map<String, SegmentedBytes> read(String format, SegmentedBytes file)
      throws TensorFormatException {
    StoredZip zip = new StoredZip(format, file);
    try {
      return zip.entries();
    } catch (IndexOutOfBoundsException | ArithmeticException e) {
      throw zip.bad("an offset leads out of the archive");
    }
  }

  private TensorFormatException bad(String what) {
    return new TensorFormatException(format + ": " + what);
  }

  private Map<String, SegmentedBytes> entries() throws TensorFormatException {
    long end = endOffset();
    BytesReader reader = file.reader();
    reader.seek(end + 10);
    long count = reader.readShort() & 0xFFFF;
    long directoryByteSize = reader.readInt() & LIMIT32;
    long directory = reader.readInt() & LIMIT32;
    if (end >= 20 && intAt(end - 20) == LOCATOR64) {
      reader.seek(end - 12);
      long end64 = reader.readLong();
      if (intAt(end64) != END64) {
        throw bad("its ZIP64 end is not where its locator says");
      }
      reader.seek(end64 + 32);
      count = reader.readLong();
      directoryByteSize = reader.readLong();
      directory = reader.readLong();
    }
    if (count < 0 || count > ENTRY_COUNT_LIMIT) {
      throw bad("entryCount=" + count);
    }
    Map<String, Place> places = new LinkedHashMap<>();
    reader.seek(directory);
    for (long i = 0; i < count; i++) {
      Entry entry = entry(reader);
      if (places.put(entry.name(), new Place(entry, contentOffset(entry))) != null) {
        throw bad("two entries are named " + Excerpt.of(entry.name()));
      }
    }
    if (reader.positionByteOffset() - directory != directoryByteSize) {
      throw bad(
          "its directory is damaged: entryCount="
              + count
              + " have byteSize="
              + (reader.positionByteOffset() - directory)
              + ", the archive says "
              + directoryByteSize);
    }
    checkApart(places.values(), directory);
    Map<String, SegmentedBytes> contents = new LinkedHashMap<>();
    for (Map.Entry<String, Place> place : places.entrySet()) {
      contents.put(place.getKey(), content(place.getValue()));
    }
    return contents;
  }

  /**
   * Checks that the entries lie behind each other, before the directory. Each is read for its
   * checksum: many that lie over each other would take hours.
   */
  private void checkApart(Collection<Place> places, long directory) throws TensorFormatException {
    List<Place> ordered = new ArrayList<>(places);
    ordered.sort(Comparator.comparingLong(place -> place.entry().byteOffset()));
    long free = 0;
    for (Place place : ordered) {
      Entry entry = place.entry();
      if (entry.byteOffset() < free
          || entry.byteSize() < 0
          || entry.byteSize() > directory - place.contentOffset()) {
        throw bad("entry " + Excerpt.of(entry.name()) + " lies over others, or beyond the archive");
      }
      free = place.contentOffset() + entry.byteSize();
    }
  }

  private int intAt(long byteOffset) {
    BytesReader reader = file.reader();
    reader.seek(byteOffset);
    return reader.readInt();
  }

  private long endOffset() throws TensorFormatException {
    long last = file.byteSize() - 22;
    for (long at = last; at >= 0 && at > last - 65_536; at--) {
      if (file.byteAt(at) == 'P' && intAt(at) == END) {
        return at;
      }
    }
    throw bad("not a ZIP archive");
  }

  private Entry entry(BytesReader reader) throws TensorFormatException {
    if (reader.readInt() != CENTRAL) {
      throw bad("its directory is damaged");
    }
    reader.skip(4);
    int flags = reader.readShort();
    int method = reader.readShort();
    reader.skip(4);
    int crc32 = reader.readInt();
    long packed = reader.readInt() & LIMIT32;
    long byteSize = reader.readInt() & LIMIT32;
    int nameSize = reader.readShort() & 0xFFFF;
    int extraSize = reader.readShort() & 0xFFFF;
    int commentSize = reader.readShort() & 0xFFFF;
    reader.skip(8);
    long byteOffset = reader.readInt() & LIMIT32;
    String name = reader.readSlice(nameSize).copyToUtf8String();
    if (method != 0 || (flags & 1) != 0) {
      throw bad(
          "entry "
              + Excerpt.of(name)
              + " is compressed or encrypted, method="
              + method
              + "; only stored entries can be read in place: write the archive with "
              + (format.equals("npz") ? "numpy.savez" : "torch.save"));
    }
    long extraEnd = reader.positionByteOffset() + extraSize;
    while (reader.positionByteOffset() + 4 <= extraEnd) {
      int id = reader.readShort();
      int size = reader.readShort() & 0xFFFF;
      long next = reader.positionByteOffset() + size;
      if (id == 1) {
        byteSize = byteSize == LIMIT32 ? reader.readLong() : byteSize;
        packed = packed == LIMIT32 ? reader.readLong() : packed;
        byteOffset = byteOffset == LIMIT32 ? reader.readLong() : byteOffset;
      }
      reader.seek(next);
    }
    reader.seek(extraEnd + commentSize);
    if (packed != byteSize) {
      throw bad("entry " + Excerpt.of(name) + " has two sizes");
    }
    return new Entry(name, byteOffset, byteSize, crc32);
  }

  private long contentOffset(Entry entry) throws TensorFormatException {
    BytesReader reader = file.reader();
    reader.seek(entry.byteOffset());
    if (reader.readInt() != LOCAL) {
      throw bad("entry " + Excerpt.of(entry.name()) + " is not where it should be");
    }
    reader.skip(22);
    int nameSize = reader.readShort() & 0xFFFF;
    int extraSize = reader.readShort() & 0xFFFF;
    return reader.positionByteOffset() + nameSize + extraSize;
  }

  private SegmentedBytes content(Place place) throws TensorFormatException {
    Entry entry = place.entry();
    SegmentedBytes content = file.slice(place.contentOffset(), entry.byteSize());
    int crc32 = crc32(content);
    if (crc32 != entry.crc32()) {
      throw bad(
          "entry "
              + Excerpt.of(entry.name())
              + " is damaged: crc32="
              + Integer.toHexString(crc32)
              + ", the archive says "
              + Integer.toHexString(entry.crc32()));
    }
    return content;
  }

  /**
   * An archive of named entries: headers of its own and the entries' segments, not joined. Each
   * entry begins at a multiple of 64.
   *
   * @throws IllegalArgumentException if a name has more than 65,535 bytes
   */
  static SegmentedBytes write(Map<String, SegmentedBytes> contents) {
    List<SegmentedBytes> parts = new ArrayList<>();
    List<Entry> entries = new ArrayList<>();
    long at = 0;
    for (Map.Entry<String, SegmentedBytes> each : contents.entrySet()) {
      SegmentedBytes content = each.getValue();
      int nameByteSize = EncodedName.of("ZIP entry", each.getKey()).length;
      if (nameByteSize > NAME_BYTE_SIZE_LIMIT) {
        throw new IllegalArgumentException(
            "ZIP entry "
                + Excerpt.of(each.getKey())
                + ": nameByteSize="
                + nameByteSize
                + ", at most "
                + NAME_BYTE_SIZE_LIMIT);
      }
      Entry entry = new Entry(each.getKey(), at, content.byteSize(), crc32(content));
      SegmentedBytes local = SegmentedBytes.copyOf(local(entry));
      parts.add(local);
      parts.add(content);
      entries.add(entry);
      at += local.byteSize() + content.byteSize();
    }
    parts.add(SegmentedBytes.copyOf(directory(entries, at)));
    return SegmentedBytes.concat(parts);
  }

  private static int crc32(SegmentedBytes bytes) {
    CRC32 crc = new CRC32();
    Lend.update(crc, bytes);
    return (int) crc.getValue();
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] local(Entry entry) {
    byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
    // ZIP64 sizes always, then padding in a field that readers skip, up to the alignment.
    long unpadded = entry.byteOffset() + 30 + name.length + 20 + 4;
    int padding = (int) ((ALIGNMENT - unpadded % ALIGNMENT) % ALIGNMENT);
    byte[] local = new byte[30 + name.length + 20 + 4 + padding];
    ByteBuffer to = littleEndian(local);
    to.putInt(LOCAL).putShort((short) 45).putShort((short) 0x800).putShort((short) 0);
    to.putShort((short) 0).putShort((short) 0x21).putInt(entry.crc32());
    to.putInt((int) LIMIT32).putInt((int) LIMIT32);
    to.putShort((short) name.length).putShort((short) (24 + padding)).put(name);
    to.putShort((short) 1).putShort((short) 16).putLong(entry.byteSize()).putLong(entry.byteSize());
    to.putShort((short) 0x5345).putShort((short) padding);
    return local;
  }

  private static byte[] directory(List<Entry> entries, long start) {
    if (entries.isEmpty()) {
      // NumPy knows an archive by its first four bytes, and none that begins with ZIP64's end.
      byte[] end = new byte[22];
      littleEndian(end).putInt(END);
      return end;
    }
    int byteSize = 56 + 20 + 22;
    for (Entry entry : entries) {
      byteSize += 46 + entry.name().getBytes(StandardCharsets.UTF_8).length + 28;
    }
    byte[] directory = new byte[byteSize];
    ByteBuffer to = littleEndian(directory);
    for (Entry entry : entries) {
      byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
      to.putInt(CENTRAL).putShort((short) 45).putShort((short) 45).putShort((short) 0x800);
      to.putShort((short) 0).putShort((short) 0).putShort((short) 0x21).putInt(entry.crc32());
      to.putInt((int) LIMIT32).putInt((int) LIMIT32);
      to.putShort((short) name.length).putShort((short) 28).putShort((short) 0);
      to.putShort((short) 0).putShort((short) 0).putInt(0).putInt((int) LIMIT32).put(name);
      to.putShort((short) 1).putShort((short) 24);
      to.putLong(entry.byteSize()).putLong(entry.byteSize()).putLong(entry.byteOffset());
    }
    long size = to.position();
    long end64 = start + size;
    to.putInt(END64).putLong(44).putShort((short) 45).putShort((short) 45).putInt(0).putInt(0);
    to.putLong(entries.size()).putLong(entries.size()).putLong(size).putLong(start);
    to.putInt(LOCATOR64).putInt(0).putLong(end64).putInt(1);
    to.putInt(END)
        .putShort((short) 0)
        .putShort((short) 0)
        .putShort((short) -1)
        .putShort((short) -1);
    to.putInt((int) LIMIT32).putInt((int) LIMIT32).putShort((short) 0);
    return directory;
  }
}
