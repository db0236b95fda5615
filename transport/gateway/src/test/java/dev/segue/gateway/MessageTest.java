package dev.segue.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.compiler.SchemaCompiler;
import dev.segue.capnproto.dynamic.MessageSchemas;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Queryable;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Messages of Cap'n Proto, shown by the schemas that are published beside their topics. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class MessageTest {
  private static final String KEY = "robot/pose";
  private static final String SCHEMA =
      """
      @0xb5f2c3a1d4e59091;
      struct Pose { x @0 :Float64; name @1 :Text; raw @2 :Data; seen @3 :UInt64; }
      """;
  private static final String JSON =
      "{\"x\":1.5,\"name\":\"home\",\"raw\":\"AAEC\",\"seen\":\"7\"}";

  private static MessageType pose() throws Exception {
    byte[] request =
        new SchemaCompiler(List.of()).compileText("pose.capnp", SCHEMA.getBytes(UTF_8)).toRequest();
    return MessageSchemas.fromRequest(request).type("Pose");
  }

  private static void publish(Fixture fixture, SegmentedBytes payload, Encoding encoding)
      throws Exception {
    fixture.publish(KEY, payload, PutOptions.none().encoding(encoding));
  }

  @Test
  void theNewestMessageIsJsonByTheSchemaBesideItsTopic() throws Exception {
    MessageType pose = pose();
    try (Fixture fixture = Fixture.open(options -> options);
        Queryable _ = TopicSchemas.publish(fixture.publisher, KeyExpr.of(KEY), pose)) {
      Encoding typed = TopicSchemas.encodingOf(pose);
      publish(fixture, SegmentedBytes.copyOf(pose.fromJson(JSON)), typed);
      Fixture.until(
          "the schema to be found",
          () -> fixture.get("/topics/" + KEY + "?as=json").status() == 200);
      Fixture.Answer answer = fixture.get("/topics/" + KEY + "?as=json");
      assertEquals(
          "{\"x\":1.5,\"name\":\"home\",\"raw\":{\"byteSize\":3,\"first\":\"000102\"},"
              + "\"seen\":\"7\"}",
          answer.text());
      assertEquals("application/json", answer.header("content-type"));
      Fixture.until(
          "the list to say that it is a message",
          () -> fixture.get("/topics").text().contains("\"view\":\"message\""));
      assertEquals(400, fixture.get("/topics/" + KEY + "?as=json&timeout=1s").status());
      publish(fixture, SegmentedBytes.copyOfUtf8("no message"), typed);
      Fixture.until(
          "the faulty message to come",
          () -> fixture.get("/topics/" + KEY + "?as=json").status() != 200);
      Fixture.Answer faulty = fixture.get("/topics/" + KEY + "?as=json");
      assertEquals(415, faulty.status());
      assertTrue(faulty.text().startsWith(KEY + ": no message of its type: "), faulty.text());
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  @Test
  void whatHasNoSchemaIsNoMessage() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options)) {
      assertEquals(404, fixture.get("/topics/" + KEY + "?as=json").status());
      for (Encoding encoding : List.of(Encoding.APPLICATION_CAPNPROTO, Encoding.ZENOH_STRING)) {
        publish(fixture, SegmentedBytes.copyOfUtf8("text"), encoding);
        Fixture.Answer answer = fixture.get("/topics/" + KEY + "?as=json");
        assertEquals(415, answer.status());
        assertEquals(
            KEY + ": no message whose schema is published beside the topic\n", answer.text());
        assertFalse(fixture.get("/topics").text().contains("\"view\":\"message\""));
      }
    }
  }

  @Test
  void foxgloveGetsJsonWithAJsonSchema() throws Exception {
    MessageType pose = pose();
    try (Fixture fixture = Fixture.open(options -> options);
        Queryable _ = TopicSchemas.publish(fixture.publisher, KeyExpr.of(KEY), pose)) {
      publish(fixture, SegmentedBytes.copyOf(pose.fromJson(JSON)), TopicSchemas.encodingOf(pose));
      Messages messages = new Messages();
      WebSocket socket = messages.open(fixture, "foxglove.sdk.v1", "/");
      String channel = messages.text("\"schemaEncoding\":\"jsonschema\"");
      assertTrue(
          channel.contains("\"encoding\":\"json\",\"schemaName\":\"pose.capnp:Pose\""), channel);
      assertTrue(channel.contains("\\\"x\\\":{\\\"type\\\":\\\"number\\\"}"), channel);
      Matcher id = Pattern.compile("\"id\":([0-9]+),\"topic\":\"" + KEY + "\"").matcher(channel);
      assertTrue(id.find(), channel);
      socket
          .sendText(
              "{\"op\":\"subscribe\",\"subscriptions\":[{\"id\":7,\"channelId\":"
                  + id.group(1)
                  + "}]}",
              true)
          .join();
      ByteBuffer data = messages.binary();
      assertEquals(1, data.get());
      assertEquals(7, data.getInt());
      assertTrue(data.getLong() > 0);
      assertEquals(JSON, UTF_8.decode(data).toString());
      socket.abort();
      Fixture.until("the streams to end", () -> fixture.gateway.streamCount() == 0);
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }
}
