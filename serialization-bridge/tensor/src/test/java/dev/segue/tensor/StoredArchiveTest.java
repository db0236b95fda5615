package dev.segue.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;

/** Archives that the JDK writes and reads: without ZIP64, with comments and fields of others. */
class StoredArchiveTest {
  private static final int END_BYTE_SIZE = 22;

  private static byte[] archive(String comment, Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setMethod(ZipOutputStream.STORED);
      zip.setComment(comment);
      for (Map.Entry<String, byte[]> each : entries.entrySet()) {
        ZipEntry entry = new ZipEntry(each.getKey());
        CRC32 crc = new CRC32();
        crc.update(each.getValue());
        entry.setCrc(crc.getValue());
        entry.setSize(each.getValue().length);
        entry.setCompressedSize(each.getValue().length);
        entry.setComment("of " + each.getKey());
        entry.setExtra(new byte[] {0x77, 0x77, 3, 0, 1, 2, 3, 0x66, 0x66, 0, 0});
        zip.putNextEntry(entry);
        zip.write(each.getValue());
        zip.closeEntry();
      }
    }
    return bytes.toByteArray();
  }

  private static Map<String, byte[]> three() {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("a", "first".getBytes(StandardCharsets.UTF_8));
    entries.put("n\u00e9", new byte[0]);
    entries.put("c/d", "third".getBytes(StandardCharsets.UTF_8));
    return entries;
  }

  private static Map<String, SegmentedBytes> contents(Map<String, byte[]> entries) {
    Map<String, SegmentedBytes> all = new LinkedHashMap<>();
    entries.forEach((name, bytes) -> all.put(name, SegmentedBytes.copyOf(bytes)));
    return all;
  }

  private static String refusal(byte[] archive) {
    TensorFormatException refused =
        assertThrows(
            TensorFormatException.class,
            () -> StoredZip.read("npz", SegmentedBytes.copyOf(archive)));
    return String.valueOf(refused.getMessage());
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int indexOf(byte[] bytes, int signature) {
    for (int at = 0; ; at++) {
      if (littleEndian(bytes).getInt(at) == signature) {
        return at;
      }
    }
  }

  private static int directoryOf(byte[] archive) {
    return indexOf(archive, 0x02014b50);
  }

  @Test
  void anArchiveOfTheJdkIsRead() throws Exception {
    for (int length : new int[] {0, 1, 1000, 65_513}) {
      byte[] archive = archive("c".repeat(length), three());
      assertEquals(
          contents(three()), StoredZip.read("npz", SegmentedBytes.copyOf(archive)), "" + length);
    }
    assertEquals(Map.of(), StoredZip.read("npz", SegmentedBytes.copyOf(archive("", Map.of()))));
  }

  @Test
  void theJdkReadsWhatIsWritten() throws Exception {
    byte[] archive = StoredZip.write(contents(three())).copyToByteArray();
    List<String> names = new ArrayList<>();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        names.add(entry.getName() + "=" + new String(zip.readAllBytes(), StandardCharsets.UTF_8));
      }
    }
    assertEquals(List.of("a=first", "n\u00e9=", "c/d=third"), names);
  }

  /** So that they are views in aligned memory. */
  @Test
  void eachEntryBeginsAtAMultipleOf64() {
    byte[] content = "0123456789".getBytes(StandardCharsets.UTF_8);
    for (int length = 1; length < 140; length++) {
      byte[] archive =
          StoredZip.write(contents(Map.of("x".repeat(length), content))).copyToByteArray();
      int found = 0;
      for (int at = 0; at < archive.length - content.length; at += 64) {
        if (Arrays.equals(archive, at, at + content.length, content, 0, content.length)) {
          found++;
          assertTrue(at < 30 + length + 24 + 64, "at=" + at);
        }
      }
      assertEquals(1, found);
    }
  }

  @Test
  void nothingIsAnArchiveOfItsEndAlone() throws Exception {
    byte[] archive = StoredZip.write(Map.of()).copyToByteArray();
    assertEquals(END_BYTE_SIZE, archive.length);
    assertEquals(Map.of(), StoredZip.read("npz", SegmentedBytes.copyOf(archive)));
    for (int length = 0; length < END_BYTE_SIZE; length++) {
      assertTrue(refusal(Arrays.copyOf(archive, length)).contains("not a ZIP archive"));
    }
  }

  @Test
  void whatIsCompressedOrEncryptedIsRefused() throws Exception {
    byte[] archive = archive("", three());
    int directory = directoryOf(archive);
    byte[] compressed = archive.clone();
    compressed[directory + 10] = 8;
    assertTrue(refusal(compressed).contains("entry a is compressed or encrypted, method=8"));
    assertTrue(refusal(compressed).contains("numpy.savez"));
    byte[] encrypted = archive.clone();
    encrypted[directory + 8] |= 1;
    assertTrue(refusal(encrypted).contains("compressed or encrypted, method=0"));
    TensorFormatException checkpoint =
        assertThrows(
            TensorFormatException.class,
            () -> StoredZip.read("PyTorch", SegmentedBytes.copyOf(encrypted)));
    assertTrue(String.valueOf(checkpoint.getMessage()).contains("torch.save"));
  }

  @Test
  void whatContradictsItselfIsRefused() throws Exception {
    byte[] archive = archive("", three());
    int directory = directoryOf(archive);
    int end = archive.length - END_BYTE_SIZE;
    assertEquals(3, archive[end + 10]);

    byte[] sizes = archive.clone();
    sizes[directory + 20]++;
    assertTrue(refusal(sizes).contains("entry a has two sizes"));
    byte[] fewer = archive.clone();
    fewer[end + 10] = 2;
    assertTrue(refusal(fewer).contains("its directory is damaged: entryCount=2"));
    byte[] more = archive.clone();
    more[end + 10] = 4;
    assertTrue(refusal(more).contains("its directory is damaged"));
    byte[] moved = archive.clone();
    moved[directory + 42]++;
    assertTrue(refusal(moved).contains("entry a is not where it should be"));
  }

  @Test
  void twoEntriesOfOneNameAreRefused() throws Exception {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("aa", new byte[1]);
    entries.put("ab", new byte[1]);
    byte[] archive = archive("", entries);
    int at = directoryOf(archive);
    int second = at + 46;
    while (archive[second] != 'a' || archive[second + 1] != 'b') {
      second++;
    }
    archive[second + 1] = 'a';
    assertTrue(refusal(archive).contains("two entries are named aa"));
  }

  @Test
  void eachBitOfAContentIsChecked() throws Exception {
    byte[] archive = archive("", three());
    int first = 0;
    while (archive[first] != 'f' || archive[first + 1] != 'i') {
      first++;
    }
    archive[first] ^= 1;
    assertTrue(refusal(archive).contains("entry a is damaged: crc32="));
  }

  /** Wherever it leads: into the middle, behind the end, below zero. */
  @Test
  void anOffsetThatLeadsAwayIsRefused() {
    byte[] archive = StoredZip.write(contents(three())).copyToByteArray();
    int end64 = indexOf(archive, 0x06064b50);
    for (int field : new int[] {end64 + 32, end64 + 40, end64 + 48, end64 + 56 + 8}) {
      for (long change : new long[] {1, -1, 1000, -1000, 1L << 40, Long.MIN_VALUE}) {
        byte[] damaged = archive.clone();
        ByteBuffer buffer = littleEndian(damaged);
        buffer.putLong(field, buffer.getLong(field) + change);
        String said = refusal(damaged);
        assertTrue(said.startsWith("npz: "), said);
      }
    }
    byte[] many = archive.clone();
    littleEndian(many).putLong(end64 + 32, (1 << 20) + 1);
    assertTrue(refusal(many).contains("entryCount=1048577"));
    littleEndian(many).putLong(end64 + 32, 1 << 20);
    assertTrue(refusal(many).contains("directory is damaged"));
    littleEndian(many).putLong(end64 + 32, -1);
    assertTrue(refusal(many).contains("entryCount=-1"));
    byte[] locator = archive.clone();
    littleEndian(locator).putLong(end64 + 56 + 8, end64 - 4);
    assertTrue(refusal(locator).contains("not where its locator says"));
  }

  /** As NumPy names them; an entry of another name is an array as well. */
  @Test
  void anArrayIsNamedWithoutItsSuffix() throws Exception {
    Tensor tensor =
        Tensor.of(ElementType.UINT8, new long[] {1}, SegmentedBytes.copyOf(new byte[] {5}));
    byte[] npy = Npy.write(tensor).copyToByteArray();
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("a.npy", npy);
    entries.put("b", npy);
    assertEquals(
        Map.of("a", tensor, "b", tensor), Npz.read(SegmentedBytes.copyOf(archive("", entries))));
    entries.put("a", npy);
    TensorFormatException refused =
        assertThrows(
            TensorFormatException.class,
            () -> Npz.read(SegmentedBytes.copyOf(archive("", entries))));
    assertTrue(String.valueOf(refused.getMessage()).contains("two entries are named a"));
    Map<String, byte[]> written = new LinkedHashMap<>();
    StoredZip.read("npz", Npz.write(Map.of("w", tensor)))
        .forEach((name, content) -> written.put(name, content.copyToByteArray()));
    assertEquals(List.of("w.npy"), List.copyOf(written.keySet()));
    assertEquals(
        65_535,
        StoredZip.read("npz", Npz.write(Map.of("x".repeat(65_531), tensor)))
            .keySet()
            .iterator()
            .next()
            .length());
  }
}
