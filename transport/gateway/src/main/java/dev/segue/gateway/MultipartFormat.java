package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.SampleKind;
import java.util.List;
import java.util.Optional;

/**
 * Each sample takes the place of the one before: {@code multipart/x-mixed-replace}, for an {@code
 * <img>}. A boundary follows each part at once, since browsers show a part when they see its end.
 */
final class MultipartFormat implements StreamFormat {
  private static final String BOUNDARY = "segue-part";
  private static final SegmentedBytes FIRST = SegmentedBytes.copyOfUtf8("--" + BOUNDARY + "\r\n");
  private static final SegmentedBytes END = SegmentedBytes.copyOfUtf8("\r\n--" + BOUNDARY + "\r\n");

  @Override
  public String contentType() {
    return "multipart/x-mixed-replace; boundary=" + BOUNDARY;
  }

  @Override
  public SegmentedBytes beginning() {
    return FIRST;
  }

  @Override
  public Optional<SegmentedBytes> of(Value value, long dropped) {
    if (value.metadata().kind() == SampleKind.DELETE) {
      return Optional.empty();
    }
    Metadata metadata = value.metadata();
    String head =
        "content-type: "
            + MediaTypes.of(metadata.encoding())
            + "\r\ncontent-length: "
            + metadata.payloadByteSize()
            + "\r\n\r\n";
    return Optional.of(
        SegmentedBytes.concat(List.of(SegmentedBytes.copyOfUtf8(head), value.payload(), END)));
  }
}
