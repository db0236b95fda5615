package dev.segue.gateway;

import dev.segue.bytes.CopyLedger;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.PoolExhaustedException;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.ReadLimits;
import dev.segue.capnproto.dynamic.MessageFormat;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.SampleKind;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * Samples as {@code MessageData} of Foxglove's protocol: the payload as it is, or an image of
 * Foxglove's own whose pixels are lent from the sample.
 *
 * <pre>
 *   u8 1, u32 subscription, u64 nanoseconds, payload
 * </pre>
 */
final class FoxgloveFormat implements StreamFormat {
  private static final CopyLedger.Site MESSAGES =
      CopyLedger.site("gateway.messages", "the JSON of a message is made on the heap");

  private static final int HEAD_BYTE_SIZE = 13;

  /** Like the heads of samples; longer ones are few. */
  private static final int SMALL_BYTE_SIZE = 16 * 1024;

  private static final byte MESSAGE_DATA = 1;
  private static final PictureRequest AS_JPEG = new PictureRequest(PictureKind.JPEG, 32_768);
  private static final MessageFormat AS_JSON = MessageFormat.json().withMaxCharCount(1 << 22);

  private final GatewayExchange call;
  private final long subscription;
  private final KeyExpr key;
  private final FoxgloveChannel channel;
  private final Encoding encoding;
  private final MessageTypes types;
  private final PictureMaker maker;
  private final LoanPool texts;

  /** With the encoding that the channel is for. */
  FoxgloveFormat(
      GatewayExchange call,
      long subscription,
      KeyExpr key,
      FoxgloveChannel channel,
      Encoding encoding,
      MessageTypes types,
      PictureMaker maker,
      LoanPool texts) {
    this.call = call;
    this.subscription = subscription;
    this.key = key;
    this.channel = channel;
    this.encoding = encoding;
    this.types = types;
    this.maker = maker;
    this.texts = texts;
  }

  /** Pictures and texts may have to be made. */
  @Override
  public boolean isSlow() {
    return channel.isCompressedImage() || channel.kind() == FoxgloveChannel.Kind.MESSAGE;
  }

  @Override
  public String contentType() {
    return "";
  }

  private static Instant timeOf(Metadata metadata) {
    return metadata.published() == null ? metadata.received() : metadata.published().toInstant();
  }

  private byte[] head(Metadata metadata, byte[] rest) {
    Instant time = timeOf(metadata);
    return ByteBuffer.allocate(HEAD_BYTE_SIZE + rest.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(MESSAGE_DATA)
        .putInt((int) subscription)
        .putLong(time.getEpochSecond() * 1_000_000_000L + time.getNano())
        .put(rest)
        .array();
  }

  private static Protobuf image(Instant time) {
    return new Protobuf()
        .message(1, new Protobuf().varint(1, time.getEpochSecond()).varint(2, time.getNano()));
  }

  @Override
  public Optional<Part> of(LentSample lent, long dropped, boolean caughtUp) {
    Metadata metadata = lent.metadata();
    if (metadata.kind() == SampleKind.DELETE || !metadata.encoding().equals(encoding)) {
      return Optional.empty(); // One of another encoding belongs to a channel of its own.
    }
    try {
      if (channel.isRawImage()) {
        return rawImage(lent);
      }
      if (channel.isCompressedImage()) {
        return maker.of(lent, AS_JPEG, call).map(picture -> compressedImage(metadata, picture));
      }
      if (channel.kind() == FoxgloveChannel.Kind.MESSAGE) {
        return message(lent);
      }
      return Optional.of(part(head(metadata, new byte[0]), lent.payload(), List.of()));
    } catch (CapnProtoException | PoolExhaustedException | CancellationException e) {
      return Optional.empty(); // No image, or no memory for one now.
    }
  }

  private Part part(byte[] head, SegmentedBytes payload, List<AutoCloseable> owners) {
    OffHeapText.Lent lent = OffHeapText.copyOf(head, texts);
    List<AutoCloseable> all = new ArrayList<>(owners);
    all.addAll(lent.owners());
    return new Part(SegmentedBytes.concat(List.of(lent.bytes(), payload)), all);
  }

  /** None of a sample whose schema is not known, or forgotten, or that is too long as a text. */
  private Optional<Part> message(LentSample lent) throws CapnProtoException {
    Metadata metadata = lent.metadata();
    Optional<MessageTypes.Known> type = types.known(key, metadata.encoding());
    if (type.isEmpty()) {
      return Optional.empty();
    }
    try (MessageView view = MessageView.of(lent.payload(), ReadLimits.defaults(), maker.memory())) {
      byte[] json = type.get().type().toText(view, AS_JSON).getBytes(StandardCharsets.UTF_8);
      byte[] whole = head(metadata, json);
      return whole.length <= SMALL_BYTE_SIZE
          ? Part.of(OffHeapText.copyOf(whole, texts))
          : largeMessage(whole);
    }
  }

  /** In the memory of pictures alone, which has an end: clients that don't read hold many. */
  private Optional<Part> largeMessage(byte[] whole) {
    return maker
        .memory()
        .tryLoan(whole.length)
        .map(
            loan -> {
              MemorySegment.copy(MemorySegment.ofArray(whole), 0, loan.segment(), 0, whole.length);
              MESSAGES.record(whole.length);
              return new Part(loan.handOver(), List.of(loan));
            });
  }

  private Optional<Part> rawImage(LentSample lent) throws CapnProtoException {
    MessageView view = MessageView.of(lent.payload(), ReadLimits.defaults(), maker.memory());
    boolean kept = false;
    try {
      Optional<CameraImage> found = CameraImage.of(view);
      Optional<String> encoding =
          found.flatMap(image -> FoxgloveChannel.rawEncoding(image.format()));
      if (found.isEmpty() || encoding.isEmpty()) {
        return Optional.empty();
      }
      CameraImage image = found.get();
      long byteSize =
          Math.min(image.pixels().byteSize(), (long) image.rowByteSize() * image.height());
      Instant captured =
          image.captureNanos() == 0
              ? timeOf(lent.metadata())
              : Instant.ofEpochSecond(0, image.captureNanos());
      byte[] fields =
          image(captured)
              .text(7, image.frameId())
              .fixed32(2, image.width())
              .fixed32(3, image.height())
              .text(4, encoding.get())
              .fixed32(5, image.rowByteSize())
              .bytesHead(6, byteSize)
              .toByteArray();
      Part part =
          part(head(lent.metadata(), fields), image.pixels().slice(0, byteSize), List.of(view));
      kept = true;
      return Optional.of(part);
    } finally {
      if (!kept) {
        view.close();
      }
    }
  }

  private Part compressedImage(Metadata metadata, Picture picture) {
    byte[] fields =
        image(timeOf(metadata))
            .text(3, picture.mediaType().substring(picture.mediaType().indexOf('/') + 1))
            .bytesHead(2, picture.bytes().byteSize())
            .toByteArray();
    return part(head(metadata, fields), picture.bytes(), List.of(picture));
  }
}
