package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.SampleKind;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Each sample takes the place of the one before: {@code multipart/x-mixed-replace}, for an {@code
 * <img>}. A boundary follows each part at once, since browsers show a part when they see its end.
 */
final class MultipartFormat implements StreamFormat {
  private static final String BOUNDARY = "segue-part";
  private static final SegmentedBytes FIRST = SegmentedBytes.copyOfUtf8("--" + BOUNDARY + "\r\n");
  private static final SegmentedBytes END = SegmentedBytes.copyOfUtf8("\r\n--" + BOUNDARY + "\r\n");

  private final @Nullable Pictures pictures;

  /** Of payloads as they are, or of pictures of them. */
  MultipartFormat(@Nullable Pictures pictures) {
    this.pictures = pictures;
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
    return pictures != null;
  }

  @Override
  public Optional<Part> of(Value value, long dropped) {
    if (value.metadata().kind() == SampleKind.DELETE) {
      return Optional.empty();
    }
    if (pictures == null) {
      SegmentedBytes payload = value.payload();
      return Part.of(part(MediaTypes.of(value.metadata().encoding()), payload));
    }
    return pictures.of(value).map(each -> new Part(part(each.mediaType(), each.bytes()), each));
  }

  private static SegmentedBytes part(String mediaType, SegmentedBytes bytes) {
    String head =
        "content-type: " + mediaType + "\r\ncontent-length: " + bytes.byteSize() + "\r\n\r\n";
    return SegmentedBytes.concat(List.of(SegmentedBytes.copyOfUtf8(head), bytes, END));
  }
}
