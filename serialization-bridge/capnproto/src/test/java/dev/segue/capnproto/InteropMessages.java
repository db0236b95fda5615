package dev.segue.capnproto;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.schema.Frames.CameraFrame;
import dev.segue.capnproto.schema.Frames.ElementType;
import dev.segue.capnproto.schema.Frames.PointCloud;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.capnproto.MessageBuilder;

/**
 * Writes messages for other implementations of Cap'n Proto, and checks theirs: {@code write DIR},
 * {@code read DIR}. The content is fixed; {@code interop/capnproto/check.py} knows it too. A file
 * is named {@code frame-N….bin} after its number of pixel bytes, or {@code cloud-N….bin} after its
 * number of fields.
 */
final class InteropMessages {
  private InteropMessages() {}

  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[1]);
    if (args[0].equals("write")) {
      write(directory);
    } else {
      read(directory);
    }
  }

  private static void write(Path directory) throws IOException {
    try (OffHeapPool pool = new OffHeapPool(1 << 24)) {
      for (int byteSize : new int[] {0, 1, 100}) {
        try (LoanMessage message = LoanMessage.of(pool)) {
          CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
          SampleFrame.fillHead(frame);
          frame.setPixels(SampleFrame.pixels(byteSize));
          save(directory.resolve("frame-" + byteSize + "-one-segment.bin"), message.handOver());
        }
      }
      for (int byteSize : new int[] {1, 7, 8, 9, 1_000_003}) {
        try (CapturedData pixels = CapturedData.of(pool, byteSize);
            LoanMessage message = LoanMessage.of(pool)) {
          pixels.segment().copyFrom(MemorySegment.ofArray(SampleFrame.pixels(byteSize)));
          CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
          SampleFrame.fillHead(frame);
          message.embed(pixels, byteSize, frame::initPixels);
          save(directory.resolve("frame-" + byteSize + "-embedded.bin"), message.handOver());
        }
      }
      for (int count : new int[] {0, 3, 100, 5000}) {
        try (LoanMessage message = LoanMessage.of(pool, pool, 64)) {
          fillCloud(message.initRoot(PointCloud.factory), count);
          save(directory.resolve("cloud-" + count + "-many-segments.bin"), message.handOver());
        }
      }
    }
    for (int segmentByteSize : new int[] {8, 64}) {
      MessageBuilder builder =
          new MessageBuilder(
              minimum -> ByteBuffer.allocateDirect(Math.max(minimum, segmentByteSize)));
      CameraFrame.Builder frame = builder.initRoot(CameraFrame.factory);
      SampleFrame.fillHead(frame);
      frame.setPixels(SampleFrame.pixels(333));
      save(
          directory.resolve("frame-333-borrowed-" + segmentByteSize + ".bin"),
          Framing.borrow(builder));
    }
  }

  private static void fillCloud(PointCloud.Builder cloud, int fieldCount) {
    cloud.setFrameId("lidar/top");
    cloud.setPointCount(fieldCount);
    var fields = cloud.initFields(fieldCount);
    for (int i = 0; i < fieldCount; i++) {
      fields.get(i).setName("field " + i);
      fields.get(i).setByteOffset(4 * i);
      fields.get(i).setElement(ElementType.FLOAT32);
    }
  }

  private static void checkCloud(PointCloud.Reader cloud, int fieldCount) {
    check("lidar/top".equals(cloud.getFrameId().toString()), "frameId");
    check(cloud.getPointCount() == fieldCount, "pointCount");
    var fields = cloud.getFields();
    check(fields.size() == fieldCount, "fields");
    for (int i = 0; i < fieldCount; i++) {
      check(("field " + i).equals(fields.get(i).getName().toString()), "name");
      check(fields.get(i).getByteOffset() == 4 * i, "byteOffset");
      check(fields.get(i).getElement() == ElementType.FLOAT32, "element");
    }
  }

  private static void check(boolean right, String what) {
    if (!right) {
      throw new AssertionError(what);
    }
  }

  private static void save(Path file, SegmentedBytes bytes) throws IOException {
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (ByteBuffer view : bytes.asByteBuffers()) {
        while (view.hasRemaining()) {
          out.write(view);
        }
      }
    }
  }

  private static void read(Path directory) throws IOException, CapnProtoException {
    List<Path> files;
    try (Stream<Path> all = Files.list(directory)) {
      files = all.filter(file -> file.toString().endsWith(".bin")).sorted().toList();
    }
    check(!files.isEmpty(), "no message in " + directory);
    for (Path file : files) {
      String[] name = file.getFileName().toString().split("[-.]", 3);
      int count = Integer.parseInt(name[1]);
      try (Arena arena = Arena.ofConfined();
          FileChannel in = FileChannel.open(file);
          OffHeapPool pool = new OffHeapPool(1 << 24)) {
        MemorySegment mapped = in.map(FileChannel.MapMode.READ_ONLY, 0, in.size(), arena);
        for (SegmentedBytes bytes : List.of(whole(mapped), pieces(mapped))) {
          try (MessageView view = MessageView.of(bytes, pool)) {
            check(view.byteSize() == mapped.byteSize(), "byteSize of " + file);
            if (name[0].equals("frame")) {
              view.visit(CameraFrame.factory, frame -> SampleFrame.check(frame, count));
            } else {
              view.visit(PointCloud.factory, cloud -> checkCloud(cloud, count));
            }
            System.out.println(
                "java read "
                    + file.getFileName()
                    + (bytes.segmentCount() == 1 ? " whole: " : " in pieces: ")
                    + view);
          }
        }
      }
    }
  }

  private static SegmentedBytes whole(MemorySegment memory) {
    return SegmentedBytes.fromSegments(List.of(memory), false);
  }

  /** As a network link would deliver it. */
  private static SegmentedBytes pieces(MemorySegment memory) {
    Random random = new Random(1);
    List<MemorySegment> pieces = new ArrayList<>();
    for (long at = 0; at < memory.byteSize(); ) {
      long byteSize = Math.min(1 + random.nextInt(1000), memory.byteSize() - at);
      pieces.add(memory.asSlice(at, byteSize));
      at += byteSize;
    }
    return SegmentedBytes.fromSegments(pieces, false);
  }
}
