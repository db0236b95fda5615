package dev.segue.interop.browser;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.LoanMessage;
import dev.segue.capnproto.schema.Frames.CameraFrame;
import dev.segue.capnproto.schema.Frames.PixelFormat;
import dev.segue.capnproto.schema.Frames.PointCloud;
import dev.segue.capnproto.topic.TopicPublisher;
import dev.segue.capnproto.topic.TopicType;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Qos;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;

/**
 * Publishes what a robot would, and what an attacker would, some twenty times a second: pictures of
 * one color in several formats, JSON, markup.
 */
final class Robot implements AutoCloseable {
  static final String FILE = "robot/camera/file";
  static final String BGR = "robot/camera/bgr8";
  static final String RGBA = "robot/camera/rgba8";
  static final String NV12 = "robot/camera/nv12";
  static final String WRAPPED = "robot/camera/jpeg";
  static final String POSE = "robot/pose";

  /** Its messages are shown by the schema that is published beside it. */
  static final String CLOUD = "robot/cloud";

  /** A browser would resolve the dots of an address. */
  static final String BYTES = "robot/../bytes";

  static final String HOSTILE =
      "robot/<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'<";
  static final String HOSTILE_ENCODING = "text/plain;<b onclick=\"alert(1)\">bold</b>";
  static final String HOSTILE_TEXT = "<script>document.title='owned'</script><b id=\"owned\">";

  private static final int WIDTH = 320;
  private static final int HEIGHT = 180;

  private final Session session;
  private final OffHeapPool pool = new OffHeapPool(64 << 20);
  private final TopicPublisher<PointCloud.Builder> clouds;
  private final Thread thread = new Thread(this::work, "robot");
  private volatile Color color = Color.RED;
  private volatile boolean closed;
  private long sequence;

  private Robot(Session session) throws ZenohException {
    this.session = session;
    this.clouds =
        TopicPublisher.of(session, KeyExpr.of(CLOUD), TopicType.of(PointCloud.factory), pool);
  }

  /** Nothing is published before {@link #begin()}. */
  static Robot open() throws ZenohException {
    return new Robot(
        Session.open(
            Config.isolated().sharedMemory(false).timestamping(true).listen("tcp/127.0.0.1:0")));
  }

  String endpoint() throws ZenohException {
    return session.locators().getFirst();
  }

  void begin() {
    thread.start();
  }

  void paint(Color now) {
    color = now;
  }

  private void work() {
    try {
      while (!closed) {
        publish(color);
        TimeUnit.MILLISECONDS.sleep(50);
      }
    } catch (ZenohException | InterruptedException e) {
      throw new IllegalStateException("the robot stands still", e);
    }
  }

  private void publish(Color now) throws ZenohException {
    sequence++;
    SegmentedBytes jpeg = SegmentedBytes.copyOf(jpeg(now));
    put(FILE, jpeg, Encoding.IMAGE_JPEG);
    putFrame(BGR, PixelFormat.BGR8, now);
    putFrame(RGBA, PixelFormat.RGBA8, now);
    putFrame(NV12, PixelFormat.NV12, now);
    putFrame(WRAPPED, PixelFormat.JPEG, now);
    put(POSE, text("{\"x\":1.5,\"sequence\":" + sequence + "}"), Encoding.APPLICATION_JSON);
    clouds.publish(cloud -> cloud.setPointCount(3));
    put(BYTES, SegmentedBytes.copyOf(new byte[5000]), Encoding.ZENOH_BYTES);
    put(HOSTILE, text(HOSTILE_TEXT), new Encoding(HOSTILE_ENCODING));
  }

  private void put(String key, SegmentedBytes payload, Encoding encoding) throws ZenohException {
    session.put(KeyExpr.of(key), payload, Qos.defaults(), PutOptions.none().encoding(encoding));
  }

  private static SegmentedBytes text(String text) {
    return SegmentedBytes.copyOfUtf8(text);
  }

  private void putFrame(String key, PixelFormat format, Color now) throws ZenohException {
    byte[] pixels = pixels(format, now);
    try (LoanMessage message = LoanMessage.of(pool)) {
      CameraFrame.Builder frame = message.initRoot(CameraFrame.factory);
      frame.setSequence(sequence);
      frame.setWidthPixels(WIDTH);
      frame.setHeightPixels(HEIGHT);
      frame.setRowByteSize(
          switch (format) {
            case BGR8 -> 3 * WIDTH;
            case RGBA8 -> 4 * WIDTH;
            default -> WIDTH;
          });
      frame.setFormat(format);
      frame.initPixels(pixels.length).asByteBuffer().put(pixels);
      put(key, message.handOver(), Encoding.APPLICATION_CAPNPROTO);
    }
  }

  private static byte[] pixels(PixelFormat format, Color now) {
    byte red = (byte) now.getRed();
    byte green = (byte) now.getGreen();
    byte blue = (byte) now.getBlue();
    return switch (format) {
      case BGR8 -> repeated(WIDTH * HEIGHT, blue, green, red);
      case RGBA8 -> repeated(WIDTH * HEIGHT, red, green, blue, (byte) 255);
      case NV12 -> nv12(now);
      default -> jpeg(now);
    };
  }

  private static byte[] repeated(int count, byte... pixel) {
    ByteBuffer all = ByteBuffer.allocate(count * pixel.length);
    while (all.hasRemaining()) {
      all.put(pixel);
    }
    return all.array();
  }

  /** ITU-R BT.601, limited range. */
  private static byte[] nv12(Color now) {
    double luma = 0.299 * now.getRed() + 0.587 * now.getGreen() + 0.114 * now.getBlue();
    double y = 16 + luma * 219 / 255;
    double u = 128 + (now.getBlue() - luma) / 1.772 * 224 / 255;
    double v = 128 + (now.getRed() - luma) / 1.402 * 224 / 255;
    return ByteBuffer.allocate(WIDTH * HEIGHT * 3 / 2)
        .put(repeated(WIDTH * HEIGHT, (byte) Math.round(y)))
        .put(repeated(WIDTH * HEIGHT / 4, (byte) Math.round(u), (byte) Math.round(v)))
        .array();
  }

  private static byte[] jpeg(Color now) {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(now);
    graphics.fillRect(0, 0, WIDTH, HEIGHT);
    graphics.dispose();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "jpeg", file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file.toByteArray();
  }

  @Override
  public void close() {
    closed = true;
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    clouds.close();
    session.close();
    pool.close();
  }
}
