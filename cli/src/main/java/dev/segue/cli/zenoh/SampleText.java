package dev.segue.cli.zenoh;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.cli.terminal.Printable;
import dev.segue.cli.terminal.Quantities;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.ReceivedSample;
import dev.segue.zenoh.SampleKind;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Consumer;

/** A sample as people and programs read it. Of a large one only the first bytes are looked at. */
final class SampleText {
  private static final int SHOWN_BYTE_SIZE = 32;
  private static final int LONGEST_TEXT_BYTE_SIZE = 64 << 10;
  private static final int LONGEST_HEX_BYTE_SIZE = 4 << 10;
  private static final HexFormat HEX = HexFormat.ofDelimiter(" ");

  private SampleText() {}

  /** One line: key, size, what it is, and what it says. */
  static String line(ReceivedSample sample) {
    String key = Printable.of(sample.keyExpr().toString());
    if (sample.kind() == SampleKind.DELETE) {
      return key + "  deleted";
    }
    return key
        + "  "
        + Quantities.byteSize(sample.payloadByteSize())
        + "  "
        + Printable.of(sample.encoding().toString())
        + "  "
        + content(sample.payload());
  }

  /**
   * Shows bytes: as text if they are UTF-8, by the first numbers if they are a file of tensors,
   * else the first of them as hexadecimal digits.
   */
  static String content(SegmentedBytes payload) {
    return text(payload)
        .map(Printable::of)
        .or(() -> TensorText.ofFile(payload).map(TensorText::line))
        .orElseGet(() -> hex(payload));
  }

  private static String hex(SegmentedBytes payload) {
    long shown = Math.min(SHOWN_BYTE_SIZE, payload.byteSize());
    String digits = HEX.formatHex(payload.slice(0, shown).copyToByteArray());
    return payload.byteSize() > shown ? digits + " …" : digits;
  }

  private static Optional<String> text(SegmentedBytes payload) {
    if (payload.byteSize() > LONGEST_TEXT_BYTE_SIZE) {
      return Optional.empty();
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(payload.copyToByteArray());
      String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
      return Optional.of(text).filter(t -> t.chars().allMatch(SampleText::isOfText));
    } catch (CharacterCodingException _) {
      return Optional.empty();
    }
  }

  private static boolean isOfText(int c) {
    return !Character.isISOControl(c) || c == '\n' || c == '\r' || c == '\t';
  }

  /** All that a sample says, in one object; of bytes that are not text the first, as digits. */
  static JsonObject json(ReceivedSample sample) {
    return json(sample, json -> with(json, sample.payload(), sample.encoding()));
  }

  /**
   * All that a sample says, in one object.
   *
   * @param content adds what its payload says
   */
  static JsonObject json(ReceivedSample sample, Consumer<JsonObject> content) {
    JsonObject json =
        new JsonObject()
            .with("key", sample.keyExpr().toString())
            .with("kind", sample.kind().name());
    sample
        .timestamp()
        .ifPresent(timestamp -> json.with("timestamp", timestamp.toInstant().toString()));
    if (sample.kind() == SampleKind.PUT) {
      content.accept(json);
    }
    sample.attachment().ifPresent(bytes -> json.with("attachment", content(bytes)));
    return json.with("isSharedMemory", sample.isSharedMemory());
  }

  /** Adds bytes and what they are. */
  static JsonObject with(JsonObject json, SegmentedBytes payload, Encoding encoding) {
    json.with("encoding", encoding.toString()).with("bytes", payload.byteSize());
    Optional<String> text = text(payload);
    if (text.isPresent()) {
      return json.with("text", text.get());
    }
    Optional<TensorText> tensors = TensorText.ofFile(payload);
    if (tensors.isPresent()) {
      return tensors.get().with(json);
    }
    long shown = Math.min(LONGEST_HEX_BYTE_SIZE, payload.byteSize());
    return json.with("hex", HexFormat.of().formatHex(payload.slice(0, shown).copyToByteArray()))
        .with("isWhole", shown == payload.byteSize());
  }
}
