package dev.segue.cli.zenoh;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapturedData;
import dev.segue.capnproto.LoanMessage;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.schema.Frames;
import dev.segue.capnproto.topic.TopicType;
import dev.segue.cli.CommandFailedException;
import dev.segue.cli.video.Ffmpeg;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.ZenohException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The frames of a video or a camera, as ffmpeg decodes them, each a {@code CameraFrame} of {@code
 * frames.capnp} in shared memory. ffmpeg writes them as PPM, whose header has their size.
 *
 * <p>Owner: the command. Lifetime: until {@link #close()}. Threads: one.
 */
final class VideoMessages implements AutoCloseable {
  private static final TopicType<?, ?> FRAMES = TopicType.of(Frames.CameraFrame.factory);
  private static final Pattern HEADER = Pattern.compile("P6\\n(\\d{1,6}) (\\d{1,6})\\n255\\n");
  private static final int LONGEST_HEADER = 32;
  private static final int BYTES_PER_PIXEL = 3;
  private static final int FRAMES_IN_POOL = 4;
  private static final int HEAD_BYTE_SIZE = 512;
  private static final Duration ROOM_TIMEOUT = Duration.ofSeconds(10);

  private final Path path;
  private final Ffmpeg ffmpeg;
  private final LoanPool heads = new OffHeapPool(1 << 20);
  private @Nullable Stream stream;
  private long sequence;

  /** The one size that all frames have, and memory for some. */
  private record Stream(ByteBuffer header, int width, int height, LoanPool pool) {
    int byteSize() {
      return width * height * BYTES_PER_PIXEL;
    }
  }

  /** Sends a message. */
  interface Sink {
    /** Sends a message that is valid until it returns, and longer while it is lent. */
    void send(SegmentedBytes message) throws ZenohException, InterruptedException;
  }

  private VideoMessages(Path path, Ffmpeg ffmpeg) {
    this.path = path;
    this.ffmpeg = ffmpeg;
  }

  /** Returns the type of the messages. */
  static MessageType type() {
    return FRAMES.message();
  }

  /**
   * Begins to read.
   *
   * @param count times that a file is read
   * @param isPaced whether a file's frames come at its own rate; a camera's always do
   */
  static VideoMessages open(Path path, long count, boolean isPaced) throws IOException {
    return new VideoMessages(path, Ffmpeg.start(arguments(path, count, isPaced)));
  }

  static List<String> arguments(Path path, long count, boolean isPaced) {
    boolean isFile = Files.isRegularFile(path);
    List<String> arguments =
        new ArrayList<>(
            isFile ? List.of("-stream_loop", Long.toString(count - 1)) : List.of("-f", "v4l2"));
    arguments.addAll(List.of("-i", path.toAbsolutePath().toString(), "-an"));
    if (isFile && isPaced) {
      arguments.addAll(List.of("-vf", "realtime"));
    }
    arguments.addAll(List.of("-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe"));
    return arguments;
  }

  /**
   * Sends the next frame.
   *
   * @return false at the end
   * @throws CommandFailedException if ffmpeg can't read it, or subscribers hold all frames that
   *     there is room for
   */
  boolean send(Sink sink)
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    Stream known = stream;
    if (known == null) {
      known = begin();
      stream = known;
    } else if (!isNext(known)) {
      return false;
    }
    try (CapturedData pixels = CapturedData.fromLoan(room(known));
        LoanMessage message = LoanMessage.of(known.pool(), heads, HEAD_BYTE_SIZE)) {
      fill(pixels.segment().asSlice(0, known.byteSize()));
      var frame = message.initRoot(Frames.CameraFrame.factory);
      Instant now = Instant.now();
      frame.setCaptureTimeNanos(now.getEpochSecond() * 1_000_000_000L + now.getNano());
      frame.setSequence(sequence++);
      frame.setFrameId("camera");
      frame.setWidthPixels(known.width());
      frame.setHeightPixels(known.height());
      frame.setRowByteSize(known.width() * BYTES_PER_PIXEL);
      frame.setFormat(Frames.PixelFormat.RGB8);
      message.embed(pixels, known.byteSize(), frame::initPixels);
      sink.send(message.handOver());
    }
    return true;
  }

  private Stream begin()
      throws IOException, ZenohException, CommandFailedException, InterruptedException {
    ByteBuffer header = ByteBuffer.allocate(LONGEST_HEADER);
    int lineCount = 0;
    while (lineCount < 3) {
      ByteBuffer next = ByteBuffer.allocate(1);
      if (ffmpeg.read(next) < 1 || !header.hasRemaining()) {
        throw ended();
      }
      lineCount += next.get(0) == '\n' ? 1 : 0;
      header.put(next.get(0));
    }
    header.flip();
    Matcher matcher = HEADER.matcher(StandardCharsets.ISO_8859_1.decode(header.duplicate()));
    if (!matcher.matches()) {
      throw ended();
    }
    int width = Integer.parseInt(matcher.group(1));
    int height = Integer.parseInt(matcher.group(2));
    long byteSize = (long) width * height * BYTES_PER_PIXEL;
    if (byteSize < 1 || byteSize > CapturedData.LARGEST_BYTE_SIZE) {
      throw new CommandFailedException(
          "--video " + path + ": frames of " + width + " × " + height + ": at most 512 MiB each");
    }
    // Beside each frame: what its loan adds, and a table of segments.
    LoanPool pool = ShmPool.create(FRAMES_IN_POOL * (byteSize + 8192));
    return new Stream(header, width, height, pool);
  }

  private boolean isNext(Stream known)
      throws IOException, CommandFailedException, InterruptedException {
    ByteBuffer header = ByteBuffer.allocate(known.header().remaining());
    int read = ffmpeg.read(header);
    if (read == 0) {
      if (ffmpeg.hasFailed()) {
        throw ended();
      }
      return false;
    }
    if (read < header.capacity() || !header.flip().equals(known.header())) {
      throw ended();
    }
    return true;
  }

  private void fill(MemorySegment pixels)
      throws IOException, CommandFailedException, InterruptedException {
    ByteBuffer target = pixels.asByteBuffer();
    ffmpeg.read(target);
    if (target.hasRemaining()) {
      throw ended();
    }
  }

  private static Loan room(Stream known) throws CommandFailedException, InterruptedException {
    Loan loan =
        known
            .pool()
            .tryLoan(CapturedData.loanByteSize(known.byteSize()), ROOM_TIMEOUT)
            .orElse(null);
    if (Thread.interrupted()) {
      if (loan != null) {
        loan.close();
      }
      throw new InterruptedException("waiting for room for a frame");
    }
    if (loan == null) {
      throw new CommandFailedException(
          "no room for a frame for "
              + ROOM_TIMEOUT.toSeconds()
              + " s: subscribers hold all "
              + FRAMES_IN_POOL);
    }
    return loan;
  }

  private CommandFailedException ended() throws InterruptedException {
    String last = ffmpeg.lastError();
    String said = last.isEmpty() ? "" : ": " + last;
    return new CommandFailedException(
        "--video " + path + ": ffmpeg ended before frame sequence=" + sequence + said);
  }

  @Override
  public void close() {
    ffmpeg.close();
    Stream known = stream;
    if (known != null) {
      known.pool().close();
    }
    heads.close();
  }
}
