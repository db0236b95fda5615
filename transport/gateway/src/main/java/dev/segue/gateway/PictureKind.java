package dev.segue.gateway;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.ReadLimits;
import dev.segue.capnproto.schema.Frames.PixelFormat;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import org.jspecify.annotations.Nullable;

/** Image files that a camera's frames can be shown as. */
enum PictureKind {
  /** Costs nothing where the camera's pixels fit; as large as they are. */
  BMP,
  /** Small, and expensive to make. */
  JPEG,
  /** Exact, and dearest to make. */
  PNG;

  /** The heap that a segment takes, with its places in the lists that it is in on its way. */
  private static final long SEGMENT_BYTE_SIZE = 256;

  private static final CopyLedger.Site FILES =
      CopyLedger.site("gateway.imageFiles", "JPEG and PNG are made on the heap");

  /**
   * By {@code as=…}; null when nothing is asked for.
   *
   * @throws HttpException if it is none of them
   */
  static @Nullable PictureKind of(Target target) throws HttpException {
    String name = target.query("as", "");
    if (name.isEmpty()) {
      return null;
    }
    for (PictureKind kind : values()) {
      if (kind.name().toLowerCase(Locale.ROOT).equals(name)) {
        return kind;
      }
    }
    throw HttpException.badRequest(
        "as=" + name + ": bmp, jpeg, png, or json for the newest message");
  }

  /**
   * A value as an image: as it is if it is one, converted if it is a camera's frame.
   *
   * @param maxWidth the width to stay within, by leaving pixels out
   * @param wanted asked now and then; once it is false, the picture is given up
   * @param pool for what must be gathered or converted, and for the file
   * @return empty if it is neither
   * @throws PoolExhaustedException if there is no memory for it now
   * @throws CancellationException if it is not wanted any more
   */
  Optional<Picture> of(
      LentSample value, int maxWidth, BooleanSupplier wanted, LoanPool pool, PixelBudget pixels) {
    String type = MediaTypes.of(value.metadata().encoding());
    if (type.startsWith("image/")) {
      // A viewer may outlive the one whose sample this is.
      value.sample().acquire();
      return Optional.of(
          new Picture(type, value.payload(), List.of(() -> value.sample().release()), true));
    }
    MessageView view;
    try {
      view = MessageView.of(value.payload(), ReadLimits.defaults(), pool);
    } catch (CapnProtoException e) {
      return Optional.empty();
    }
    boolean kept = false;
    try {
      Optional<CameraImage> image = CameraImage.of(view);
      if (image.isEmpty()) {
        return Optional.empty();
      }
      CameraImage camera = image.get();
      if (this != BMP && !camera.isFile()) {
        PixelRows rows = new PixelRows(camera, stepOf(camera, maxWidth));
        return Optional.of(encoded(rows, wanted, pool, pixels)); // All of it is a copy.
      }
      Picture picture = asItLies(camera, maxWidth, pool);
      List<AutoCloseable> owners = new ArrayList<>(picture.owners());
      value.hold(roomFor(picture, pixels));
      value.sample().acquire();
      owners.add(view);
      owners.add(() -> value.sample().release());
      kept = true;
      return Optional.of(new Picture(picture.mediaType(), picture.bytes(), owners, true));
    } finally {
      if (!kept) {
        view.close();
      }
    }
  }

  /** Rows that lie apart are segments of their own, on the heap, for as long as they are lent. */
  private static PixelBudget.Room roomFor(Picture picture, PixelBudget pixels) {
    boolean taken = false;
    try {
      PixelBudget.Room room = pixels.take(SEGMENT_BYTE_SIZE * picture.bytes().segmentCount());
      taken = true;
      return room;
    } finally {
      if (!taken) {
        picture.close();
      }
    }
  }

  /**
   * Returns what a camera's frame is like that {@link #of} can show; empty if the value is none.
   */
  static Optional<CameraImage.Shape> cameraOf(KeptSample value, LoanPool pool) {
    try (MessageView view = MessageView.of(value.payload(), ReadLimits.defaults(), pool)) {
      return CameraImage.of(view).map(CameraImage::shape);
    } catch (CapnProtoException | PoolExhaustedException e) {
      return Optional.empty();
    }
  }

  private static int stepOf(CameraImage image, int maxWidth) {
    return Math.ceilDiv(image.width(), Math.min(image.width(), maxWidth));
  }

  private static Picture asItLies(CameraImage image, int maxWidth, LoanPool pool) {
    if (image.isFile()) {
      String type = image.format() == PixelFormat.JPEG ? "image/jpeg" : "image/png";
      return new Picture(type, image.pixels(), List.of(), true);
    }
    return Bitmap.of(image, stepOf(image, maxWidth), pool);
  }

  private Picture encoded(
      PixelRows rows, BooleanSupplier wanted, LoanPool pool, PixelBudget budget) {
    int row = 3 * rows.width();
    // The pixels, and a file that is hardly larger.
    try (PixelBudget.Room _ = budget.take(2L * row * rows.height())) {
      BufferedImage image =
          new BufferedImage(rows.width(), rows.height(), BufferedImage.TYPE_3BYTE_BGR);
      byte[] pixels = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
      byte[] bgr = new byte[row];
      for (int y = 0; y < rows.height(); y++) {
        if (y % 16 == 0 && !wanted.getAsBoolean()) {
          throw new CancellationException("nobody wants the picture any more");
        }
        rows.read(y, bgr);
        System.arraycopy(bgr, 0, pixels, y * row, row);
      }
      FILES.record(pixels.length);
      String name = name().toLowerCase(Locale.ROOT);
      PictureFile file = new PictureFile();
      ImageWriter writer = ImageIO.getImageWritersByFormatName(name).next();
      try {
        writer.setOutput(file);
        writer.write(image);
      } catch (IOException e) {
        throw new IllegalStateException("writing " + name + " into memory", e);
      } finally {
        writer.dispose();
      }
      Loan loan = pool.loan(file.byteSize());
      file.copyTo(loan.segment());
      FILES.record(file.byteSize());
      return new Picture("image/" + name, loan.handOver(), List.of(loan), false);
    }
  }
}
