package dev.segue.capnproto.topic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.OffHeapPool;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.ReadLimits;
import dev.segue.capnproto.schema.Frames.CameraFrame;
import dev.segue.iceoryx2.Delivery;
import dev.segue.iceoryx2.Node;
import dev.segue.iceoryx2.NodeOptions;
import dev.segue.iceoryx2.PublishSubscribe;
import dev.segue.iceoryx2.Publisher;
import dev.segue.iceoryx2.PublisherOptions;
import dev.segue.iceoryx2.Qos;
import dev.segue.iceoryx2.Sample;
import dev.segue.iceoryx2.Subscriber;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Typed messages in the chunks of iceoryx2. */
@EnabledOnOs(OS.LINUX)
final class IceoryxTest {
  private static final int SIZE = 4096;
  private static final int PIXELS_BYTE_SIZE = 1000;
  private static final TopicType<CameraFrame.Builder, CameraFrame.Reader> FRAMES =
      TopicType.of(CameraFrame.factory);

  private final String prefix =
      "segue_topic_" + ProcessHandle.current().pid() + "_" + System.nanoTime() + "_";
  private final OffHeapPool none = new OffHeapPool(4096);
  private final Node node = Node.create(NodeOptions.defaults().withPrefix(prefix));
  private final PublishSubscribe service = node.publishSubscribe("frames", Qos.defaults());
  private final Publisher publisher =
      service.newPublisher(PublisherOptions.of(SIZE).withLoanCount(1));
  private final Subscriber subscriber = service.newSubscriber();

  IceoryxTest() throws Exception {}

  @AfterEach
  void close() throws IOException {
    node.close();
    none.close();
    // What the core keeps of each prefix for good.
    try (Stream<Path> files = Files.list(Path.of("/dev/shm"))) {
      for (Path file : files.toList()) {
        if (file.getFileName().toString().startsWith(prefix)) {
          Files.delete(file);
        }
      }
    }
  }

  @Test
  void aMessageIsBuiltInTheChunkAndReadInTheMappingOfTheReader() throws Exception {
    List<Long> written = new ArrayList<>();
    List<Long> read = new ArrayList<>();
    List<String> callers = new ArrayList<>();
    CopyLedger.Snapshot before = CopyLedger.snapshot();
    Loan loan =
        FRAMES.build(
            publisher,
            SIZE,
            frame -> {
              frame.setSequence(7);
              ByteBuffer pixels = frame.initPixels(PIXELS_BYTE_SIZE).asByteBuffer();
              pixels.put(PIXELS_BYTE_SIZE - 1, (byte) 9);
              written.add(MemorySegment.ofBuffer(pixels).address());
              callers.addAll(callers());
            });
    assertWithin(loan.segment(), written.getFirst());
    Mapping ofWriter = Mapping.of(written.getFirst());
    assertEquals(new Delivery(1, 0), publisher.send(loan));

    try (Sample sample = subscriber.tryReceive().orElseThrow()) {
      MemorySegment payload = sample.payload().segments().getFirst();
      FRAMES.read(
          sample.payload(),
          ReadLimits.defaults(),
          none,
          frame -> {
            assertEquals(7, frame.getSequence());
            ByteBuffer pixels = frame.getPixels().asByteBuffer();
            assertEquals(PIXELS_BYTE_SIZE, pixels.remaining());
            assertEquals(9, pixels.get(PIXELS_BYTE_SIZE - 1));
            read.add(MemorySegment.ofBuffer(pixels).address());
            callers.addAll(callers());
          });
      assertWithin(payload, read.getFirst());
      Mapping ofReader = Mapping.of(read.getFirst());
      assertEquals(ofWriter.file(), ofReader.file());
      assertTrue(ofReader.file().contains("/dev/shm/" + prefix), ofReader::toString);
      assertTrue(ofWriter.permissions().startsWith("rw-s"), ofWriter::toString);
      assertTrue(ofReader.permissions().startsWith("r--s"), ofReader::toString);
      assertNotEquals(written.getFirst(), read.getFirst());
    }
    assertEquals(0, CopyLedger.snapshot().since(before).totalByteCount());
    assertTrue(callers.contains(OneLoan.class.getName()), callers::toString);
    assertEquals(
        List.of(), callers.stream().filter(name -> !name.startsWith("dev.segue.")).toList());
  }

  @Test
  void aMessageThatDoesNotFitIsRefusedAndItsLoanComesBack() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThrows(
          IllegalArgumentException.class,
          () -> FRAMES.build(publisher, SIZE, frame -> frame.initPixels(SIZE)));
      assertThrows(IllegalArgumentException.class, () -> FRAMES.build(publisher, 8, frame -> {}));
      assertThrows(IllegalArgumentException.class, () -> FRAMES.build(publisher, 16, frame -> {}));
    }
    assertEquals(1, publisher.send(FRAMES.build(publisher, SIZE, frame -> {})).recipientCount());
  }

  @Test
  void theBuilderEndsWithTheSendAndNothingOfAnEarlierMessageIsSent() throws Exception {
    List<CameraFrame.Builder> kept = new ArrayList<>();
    Consumer<CameraFrame.Builder> large =
        frame -> {
          frame.initPixels(SIZE / 2).asByteBuffer().put(SIZE / 2 - 1, (byte) 1);
          kept.add(frame);
        };
    for (int i = 0; i < 20; i++) {
      publisher.send(FRAMES.build(publisher, SIZE, large));
      assertThrows(IllegalStateException.class, () -> kept.getLast().setSequence(1));
      subscriber.tryReceive().orElseThrow().close();
      publisher.send(FRAMES.build(publisher, SIZE, frame -> frame.setSequence(8)));
      try (Sample sample = subscriber.tryReceive().orElseThrow()) {
        MemorySegment bytes = sample.payload().segments().getFirst();
        assertEquals(-1, bytes.asSlice(SIZE / 4).mismatch(MemorySegment.ofArray(new byte[3072])));
      }
    }
  }

  @Test
  void aHostileMessageIsRefused() throws Exception {
    Loan loan = publisher.loan(SIZE);
    loan.segment().fill((byte) 0xFF);
    publisher.send(loan);
    try (Sample sample = subscriber.tryReceive().orElseThrow()) {
      assertThrows(
          CapnProtoException.class,
          () -> FRAMES.read(sample.payload(), ReadLimits.defaults(), none, frame -> {}));
    }
  }

  /** The classes that called the lambda that asks, up to the test. */
  private static List<String> callers() {
    return StackWalker.getInstance(StackWalker.Option.SHOW_REFLECT_FRAMES)
        .walk(
            frames ->
                frames
                    .map(StackWalker.StackFrame::getClassName)
                    .dropWhile(IceoryxTest.class.getName()::equals)
                    .takeWhile(name -> !name.equals(IceoryxTest.class.getName()))
                    .toList());
  }

  private static void assertWithin(MemorySegment memory, long address) {
    assertTrue(
        address >= memory.address()
            && address + PIXELS_BYTE_SIZE <= memory.address() + memory.byteSize(),
        () -> address + " in " + memory);
  }

  /** A line of this process's memory map; the file is device, inode and path. */
  private record Mapping(String permissions, String file) {
    static Mapping of(long address) throws IOException {
      for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
        String[] fields = line.split(" +", 5);
        String[] range = fields[0].split("-", 2);
        if (Long.compareUnsigned(Long.parseUnsignedLong(range[0], 16), address) <= 0
            && Long.compareUnsigned(address, Long.parseUnsignedLong(range[1], 16)) < 0) {
          return new Mapping(fields[1], fields[3] + " " + fields[4]);
        }
      }
      throw new AssertionError("no mapping of " + address);
    }
  }
}
