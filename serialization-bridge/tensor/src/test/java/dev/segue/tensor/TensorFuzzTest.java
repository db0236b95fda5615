package dev.segue.tensor;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.testkit.Mutations;
import dev.segue.testkit.Seeds;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Changed files of each format: each is read, or refused as what it is. {@code
 * -Dsegue.fuzz.seconds=N} for longer, {@code -Dsegue.seed=N} for the same again.
 */
@Timeout(36_000)
class TensorFuzzTest {
  private static final long SECONDS = Long.getLong("segue.fuzz.seconds", 3);

  private interface Reader {
    @Nullable Object read(SegmentedBytes file) throws IOException;
  }

  private record Format(String name, SegmentedBytes file, Reader reader) {}

  private static List<Format> formats() throws IOException {
    Map<String, Tensor> state = new LinkedHashMap<>();
    byte[] elements = new byte[48];
    new SplittableRandom(1).nextBytes(elements);
    for (ElementType type : List.of(ElementType.INT32, ElementType.FLOAT64, ElementType.UINT8)) {
      long count =
          elements.length / (type == ElementType.INT32 ? 4 : type == ElementType.FLOAT64 ? 8 : 1);
      state.put(
          type.name(), Tensor.of(type, new long[] {2, count / 2}, SegmentedBytes.copyOf(elements)));
    }
    List<Format> formats = new ArrayList<>();
    formats.add(
        new Format("npy", Npy.write(Objects.requireNonNull(state.get("INT32"))), Npy::read));
    formats.add(new Format("npz", Npz.write(state), Npz::read));
    formats.add(new Format("safetensors", Safetensors.write(state), Safetensors::read));
    for (String name : List.of("state_dict.pt", "checkpoint.pt", "types.pt", "strided.pt")) {
      formats.add(new Format(name, SegmentedBytes.copyOf(golden(name)), PyTorch::read));
      formats.add(
          new Format(
              name + " pickle",
              SegmentedBytes.copyOf(pickle(golden(name))),
              pickle -> PyTorch.read(withPickle(golden(name), pickle))));
    }
    return formats;
  }

  private static byte[] golden(String name) throws IOException {
    try (InputStream file =
        Objects.requireNonNull(TensorFuzzTest.class.getResourceAsStream(name), name)) {
      return file.readAllBytes();
    }
  }

  private static String pickleOf(Map<String, SegmentedBytes> entries) {
    return entries.keySet().stream()
        .filter(key -> key.endsWith("/data.pkl"))
        .findFirst()
        .orElseThrow();
  }

  private static byte[] pickle(byte[] checkpoint) throws IOException {
    Map<String, SegmentedBytes> entries = StoredZip.read("test", SegmentedBytes.copyOf(checkpoint));
    return Objects.requireNonNull(entries.get(pickleOf(entries))).copyToByteArray();
  }

  private static SegmentedBytes withPickle(byte[] checkpoint, SegmentedBytes pickle)
      throws IOException {
    Map<String, SegmentedBytes> entries =
        new LinkedHashMap<>(StoredZip.read("test", SegmentedBytes.copyOf(checkpoint)));
    entries.put(pickleOf(entries), pickle);
    return StoredZip.write(entries);
  }

  @Test
  void changedFilesAreReadOrRefused() throws Exception {
    long seed = Seeds.of("TensorFuzzTest");
    SplittableRandom random = new SplittableRandom(seed);
    List<Format> formats = formats();
    long end = System.nanoTime() + SECONDS * 1_000_000_000L;
    int round = 0;
    int readCount = 0;
    for (; System.nanoTime() - end < 0; round++) {
      Format format = formats.get(random.nextInt(formats.size()));
      byte[] other = formats.get(random.nextInt(formats.size())).file().copyToByteArray();
      byte[] changed = Mutations.of(format.file().copyToByteArray(), other, random);
      try {
        @Nullable Object _ = format.reader().read(SegmentedBytes.copyOf(changed));
        readCount++;
      } catch (TensorFormatException e) {
        String message = String.valueOf(e.getMessage());
        assertTrue(message.length() < 1_000 && message.lines().count() == 1, message);
      } catch (IOException | RuntimeException | Error e) {
        throw new AssertionError(format.name() + " -Dsegue.seed=" + seed + " round=" + round, e);
      }
    }
    System.out.println("TensorFuzzTest rounds=" + round + " read=" + readCount);
    assertTrue(readCount > 0);
  }
}
