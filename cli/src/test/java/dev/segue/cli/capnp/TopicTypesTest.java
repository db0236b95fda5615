package dev.segue.cli.capnp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.capnproto.compiler.SchemaCompiler;
import dev.segue.capnproto.dynamic.MessageSchemas;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Queryable;
import dev.segue.zenoh.Session;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a command keeps of the schemas of peers. */
@Timeout(240)
final class TopicTypesTest {
  private static final int COUNT = 7;
  private static final int BYTE_SIZE = 7 << 20;
  private static final int LIMIT = 32 << 20;

  private static KeyExpr key(int index) {
    return KeyExpr.of("robot/" + index);
  }

  /** A type whose schema has much behind it. */
  private static MessageType large(int index) throws Exception {
    String schema = "@0xb5f2c3a1d4e5908" + index + "; struct Pose { x @0 :Int32; }";
    byte[] request =
        new SchemaCompiler(List.of()).compileText("pose.capnp", schema.getBytes(UTF_8)).toRequest();
    ByteBuffer padded = ByteBuffer.allocate(BYTE_SIZE).order(ByteOrder.LITTLE_ENDIAN).put(request);
    assertEquals(0, padded.getInt(0), "of one segment");
    padded.putInt(Integer.BYTES, BYTE_SIZE / Long.BYTES - 1);
    return MessageSchemas.fromRequest(padded.array()).type("Pose");
  }

  @Test
  void typesThatNobodyHadAtFirstTakeNoMoreThanOthers() throws Exception {
    try (Session far = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
        Session near = Session.open(Config.isolated().connect(far.locators().getFirst()))) {
      TopicTypes types = new TopicTypes(near, Duration.ZERO, Duration.ofDays(1), "", _ -> {});
      for (int i = 0; i < COUNT; i++) {
        assertTrue(types.of(key(i), TopicSchemas.encodingOf(large(i))).isEmpty());
      }
      long byteSize = 0;
      for (int i = 0; i < COUNT; i++) {
        MessageType type = large(i);
        try (Queryable _ = TopicSchemas.publish(far, key(i), type)) {
          Optional<MessageType> found = types.of(key(i), TopicSchemas.encodingOf(type));
          for (int n = 0; n < 20 && found.isEmpty() && byteSize < LIMIT; n++) {
            found = types.of(key(i), TopicSchemas.encodingOf(type));
          }
          byteSize += found.isPresent() ? BYTE_SIZE : 0;
        }
      }
      long kept = byteSize;
      assertTrue(kept >= LIMIT && kept < LIMIT + BYTE_SIZE, () -> "byteSize=" + kept);
    }
  }
}
