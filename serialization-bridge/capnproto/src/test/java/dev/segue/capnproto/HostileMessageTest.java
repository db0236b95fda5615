package dev.segue.capnproto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.schema.Frames.CameraFrame;
import dev.segue.capnproto.schema.Frames.PointCloud;
import dev.segue.capnproto.schema.Frames.Tensor;
import dev.segue.testkit.Seeds;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.capnproto.BuilderArena.AllocationStrategy;
import org.capnproto.MessageBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whatever comes in, it is read or ends in {@link CapnProtoException}. */
class HostileMessageTest {
  private static final int CAPACITY = 1 << 20;

  private final OffHeapPool pool = new OffHeapPool(CAPACITY);
  private long sum;

  @AfterEach
  void thePoolIsEmptyAgain() {
    assertEquals(CAPACITY, pool.availableByteSize());
    pool.close();
  }

  private static byte[] message(long... words) {
    ByteBuffer buffer =
        ByteBuffer.allocate(words.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (long word : words) {
      buffer.putLong(word);
    }
    return buffer.array();
  }

  /** One segment of the words given. */
  private static byte[] framed(long... words) {
    long[] all = new long[words.length + 1];
    all[0] = (long) words.length << 32;
    System.arraycopy(words, 0, all, 1, words.length);
    return message(all);
  }

  private String fault(byte[] bytes) {
    return fault(bytes, ReadLimits.defaults());
  }

  private String fault(byte[] bytes, ReadLimits limits) {
    return assertThrows(CapnProtoException.class, () -> readAll(bytes, limits)).toString();
  }

  private void readAll(byte[] message, ReadLimits limits) throws CapnProtoException {
    try (Arena arena = Arena.ofConfined()) {
      readAll(Layout.WHOLE.of(message, arena, new Random(0)), limits);
    }
  }

  private void readAll(SegmentedBytes bytes, ReadLimits limits) throws CapnProtoException {
    try (MessageView view = MessageView.of(bytes, limits, pool)) {
      readFrame(view);
    }
  }

  private void readFrame(MessageView view) throws CapnProtoException {
    SegmentedBytes pixels =
        view.read(
            CameraFrame.factory,
            frame -> {
              sum += frame.getCaptureTimeNanos() + frame.getSequence() + frame.getWidthPixels();
              sum += frame.getFormat().toString().length() + frame.getFrameId().toString().length();
              sum += frame.getPixels().toArray().length;
              return view.bytesOf(frame.getPixels());
            });
    if (!pixels.isEmpty()) {
      sum += pixels.byteAt(pixels.byteSize() - 1);
    }
  }

  private void readCloud(MessageView view) throws CapnProtoException {
    view.visit(
        PointCloud.factory,
        cloud -> {
          sum += cloud.getFrameId().toString().length();
          for (PointCloud.Field.Reader field : cloud.getFields()) {
            sum += field.getName().toString().length() + field.getByteOffset();
            sum += field.getElement().toString().length();
          }
          sum += cloud.getPoints().asByteBuffer().remaining();
        });
    view.visit(
        Tensor.factory,
        tensor -> {
          var shape = tensor.getShape();
          for (int i = 0; i < shape.size(); i++) {
            sum += shape.get(i);
          }
          sum += tensor.getElement().toString().length() + tensor.getValues().size();
        });
  }

  @Test
  void everyCutIsAFault() {
    for (int segmentWords : new int[] {1, 8, 1024}) {
      byte[] message = SampleFrame.serialized(50, segmentWords);
      for (int end = 0; end < message.length; end++) {
        String text = fault(Arrays.copyOf(message, end));
        assertTrue(text.contains("byteSize=" + end), text);
      }
    }
  }

  @Test
  void aTableThatAsksForTooMuchIsAFault() {
    assertTrue(fault(message(-1)).contains("segmentCount=4294967296"));
    assertTrue(fault(message(512)).contains("segmentCount=513 exceeds maxSegmentCount=512"));
    assertTrue(fault(message(0xFFFF_FFFFL << 32)).contains("maxSegmentByteSize=1073741824"));
    assertTrue(fault(message(1L | 100L << 32)).contains("byteSize=16"));
    // 2^27 words, an exact 1 GiB, twice.
    assertTrue(
        fault(message(1L | 1L << 59, 1L << 27, 0)).contains("maxMessageByteSize=1073741824"));
    ReadLimits limits = ReadLimits.defaults();
    byte[] frame = SampleFrame.serialized(50, 8);
    assertTrue(fault(frame, limits.withMaxSegmentCount(1)).contains("maxSegmentCount=1"));
    assertTrue(fault(frame, limits.withMaxSegmentByteSize(8)).contains("maxSegmentByteSize=8"));
    assertTrue(fault(frame, limits.withMaxMessageByteSize(64)).contains("maxMessageByteSize=64"));
  }

  @Test
  void anEmptyFirstSegmentIsAFault() {
    String text = fault(framed());
    assertTrue(text.contains("IndexOutOfBounds"), text);
  }

  @Test
  void pointersThatLeaveTheMessageAreFaults() {
    long structOutside = 1000L << 2 | 4L << 32 | 2L << 48;
    long structBefore = (-1000L << 2 & 0xFFFF_FFFFL) | 4L << 32 | 2L << 48;
    long farToNowhere = 2L | 7L << 32;
    long farOutside = 2L | 1000L << 3;
    long doubleFarOutside = 6L | 1000L << 3;
    long listForStruct = 1L | 2L << 32;
    long capability = 3L;
    for (long root :
        new long[] {
          structOutside,
          structBefore,
          farToNowhere,
          farOutside,
          doubleFarOutside,
          listForStruct,
          capability,
          2L | 0xFFFF_FFFFL << 32
        }) {
      String text = fault(framed(root, 0, 0));
      assertTrue(text.contains("MessageView[byteSize=32"), text);
    }
  }

  @Test
  void aBlobThatClaimsMoreThanTheMessageHasIsAFaultBeforeItIsAllocated() {
    // A struct with two pointers: no text, and data of 2^29 - 1 bytes.
    byte[] bytes = framed(2L << 48, 0, 1L | 2L << 32 | ((1L << 29) - 1) << 35);
    String text = fault(bytes, ReadLimits.defaults().withTraversalLimitWordCount(Long.MAX_VALUE));
    assertTrue(text.contains("Read limit"), text);
    // 4 MiB pass the traversal limit and end at the segment's bounds.
    fault(framed(2L << 48, 0, 1L | 2L << 32 | (1L << 22) << 35));
  }

  @Test
  void aListOfNothingThatClaimsToBeLongIsAFault() {
    // PointCloud.fields: 2^29 - 1 elements of no size.
    byte[] bytes = framed(3L << 32 | 3L << 48, 0, 0, 0, 0, 1L | ((1L << 29) - 1) << 35, 0);
    try (Arena arena = Arena.ofConfined()) {
      SegmentedBytes message = Layout.WHOLE.of(bytes, arena, new Random(0));
      assertThrows(
          CapnProtoException.class,
          () -> {
            try (MessageView view = MessageView.of(message, pool)) {
              readCloud(view);
            }
          });
    }
  }

  @Test
  void damagedMessagesAreReadOrAreFaults() {
    Random random = Seeds.random("HostileMessageTest damaged");
    byte[][] originals = {
      SampleFrame.serialized(50, 1024),
      SampleFrame.serialized(50, 1),
      SampleFrame.serialized(50, 8),
      cloud(1024),
      cloud(1),
      cloud(8)
    };
    int faults = 0;
    int rounds = Seeds.rounds(20_000);
    for (int round = 0; round < rounds; round++) {
      byte[] bytes = originals[random.nextInt(originals.length)].clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        damage(bytes, random);
      }
      faults += isFault(bytes, random) ? 1 : 0;
    }
    assertTrue(faults > rounds / 100 && faults < rounds, "faults=" + faults);
  }

  @Test
  void randomBytesAreReadOrAreFaults() {
    Random random = Seeds.random("HostileMessageTest random");
    for (int round = 0; round < Seeds.rounds(20_000); round++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      if (bytes.length > 8 && random.nextInt(8) != 0) {
        // A table that is right, and hostile words behind it.
        int words = bytes.length / 8 - 1;
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(0, 0).putInt(4, words);
        for (int at = 8; at + 8 <= bytes.length; at += 8) {
          bytes[at] &= (byte) random.nextInt();
          bytes[at + 1] &= (byte) (random.nextInt() & random.nextInt(4));
          bytes[at + 2] &= (byte) (random.nextInt(8) == 0 ? -1 : 0);
          bytes[at + 3] &= (byte) (random.nextInt(8) == 0 ? -1 : 0);
        }
      }
      isFault(bytes, random);
    }
  }

  private boolean isFault(byte[] bytes, Random random) {
    Layout layout = random.nextInt(4) == 0 ? Layout.RANDOM : Layout.WHOLE;
    try (Arena arena = Arena.ofConfined();
        MessageView view =
            MessageView.of(layout.of(bytes, arena, random), ReadLimits.defaults(), pool)) {
      readBoth(view);
      return false;
    } catch (CapnProtoException e) {
      return true;
    }
  }

  private void readBoth(MessageView view) throws CapnProtoException {
    try {
      readFrame(view);
    } finally {
      readCloud(view);
    }
  }

  private static void damage(byte[] bytes, Random random) {
    int at = random.nextInt(bytes.length);
    switch (random.nextInt(4)) {
      case 0 -> bytes[at] = (byte) random.nextInt();
      case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 2 -> bytes[at] = (byte) (random.nextBoolean() ? 0xFF : 0);
      default -> {
        int word = at / 8 * 8;
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(word, random.nextLong());
      }
    }
  }

  private static byte[] cloud(int segmentWords) {
    MessageBuilder builder = new MessageBuilder(segmentWords, AllocationStrategy.FIXED_SIZE);
    PointCloud.Builder cloud = builder.initRoot(PointCloud.factory);
    cloud.setFrameId("lidar");
    var fields = cloud.initFields(3);
    for (int i = 0; i < 3; i++) {
      fields.get(i).setName("xyz".substring(i, i + 1));
      fields.get(i).setByteOffset(4 * i);
    }
    cloud.setPoints(new byte[48]);
    return SampleFrame.serialized(builder);
  }
}
