package dev.segue.gateway;

import dev.segue.bytes.LoanPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.SampleKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Each sample takes the place of the one before: {@code multipart/x-mixed-replace}, for an {@code
 * <img>}. A boundary follows each part at once, since browsers show a part when they see its end.
 */
final class MultipartFormat implements StreamFormat {
  private static final String BOUNDARY = "segue-part";
  private static final SegmentedBytes FIRST = SegmentedBytes.copyOfUtf8("--" + BOUNDARY + "\r\n");
  private static final SegmentedBytes END = SegmentedBytes.copyOfUtf8("\r\n--" + BOUNDARY + "\r\n");

  private static final SegmentedBytes HEARTBEAT = SegmentedBytes.copyOfUtf8("x-waiting: 1\r\n");

  private final GatewayExchange call;
  private final @Nullable PictureRequest picture;
  private final PictureMaker maker;
  private final LoanPool texts;

  /** Of payloads as they are, or of pictures of them. */
  MultipartFormat(
      GatewayExchange call, @Nullable PictureRequest picture, PictureMaker maker, LoanPool texts) {
    this.call = call;
    this.picture = picture;
    this.maker = maker;
    this.texts = texts;
  }

  @Override
  public String contentType() {
    return "multipart/x-mixed-replace; boundary=" + BOUNDARY;
  }

  @Override
  public SegmentedBytes beginning() {
    return FIRST;
  }

  @Override
  public boolean isSlow() {
    return picture != null;
  }

  @Override
  public Optional<Part> of(LentSample value, long dropped, boolean caughtUp) {
    if (value.metadata().kind() == SampleKind.DELETE) {
      return Optional.empty();
    }
    if (picture == null) {
      String type = MediaTypes.of(value.metadata().encoding());
      return Optional.of(part(type, value.payload(), List.of()));
    }
    try {
      return maker
          .of(value, picture, call)
          .map(each -> part(each.mediaType(), each.bytes(), List.of(each)));
    } catch (PoolExhaustedException | CancellationException e) {
      return Optional.empty();
    }
  }

  /** One more header of the part that is to come. */
  @Override
  public SegmentedBytes heartbeat() {
    return HEARTBEAT;
  }

  private Part part(String mediaType, SegmentedBytes bytes, List<AutoCloseable> owners) {
    OffHeapText.Lent head =
        OffHeapText.copyOfUtf8(
            "content-type: " + mediaType + "\r\ncontent-length: " + bytes.byteSize() + "\r\n\r\n",
            texts);
    List<AutoCloseable> all = new ArrayList<>(owners);
    all.addAll(head.owners());
    return new Part(SegmentedBytes.concat(List.of(head.bytes(), bytes, END)), all);
  }
}
