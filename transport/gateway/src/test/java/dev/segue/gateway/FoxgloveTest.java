package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.PutOptions;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Foxglove's protocol, spoken by a client that is not ours. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FoxgloveTest {
  private static WebSocket open(Fixture fixture, Messages messages, String protocol, String query) {
    return messages.open(fixture, protocol, "/" + query);
  }

  @ParameterizedTest
  @ValueSource(strings = {"foxglove.sdk.v1", "foxglove.websocket.v1"})
  void topicsAreChannelsWhoseMessagesComeAsTheyAre(String protocol) throws Exception {
    try (Fixture fixture = Fixture.open(options -> options)) {
      fixture.publish(
          "robot/pose",
          SegmentedBytes.copyOfUtf8("{\"x\":1}"),
          PutOptions.none().encoding(Encoding.APPLICATION_JSON));
      Messages messages = new Messages();
      WebSocket socket = open(fixture, messages, protocol, "");
      assertEquals(protocol, socket.getSubprotocol());
      assertTrue(messages.text("serverInfo").contains("clientPublish"));
      String channel = messages.text("\"topic\":\"robot/pose\"");
      assertTrue(channel.contains("\"encoding\":\"json\""), channel);
      socket
          .sendText("{\"op\":\"subscribe\",\"subscriptions\":[{\"id\":7,\"channelId\":1}]}", true)
          .join();
      ByteBuffer data = messages.binary();
      assertEquals(1, data.get());
      assertEquals(7, data.getInt());
      assertTrue(data.getLong() > 0);
      assertEquals("{\"x\":1}", StandardCharsets.UTF_8.decode(data).toString());
      socket
          .sendText(
              "{\"op\":\"advertise\",\"channels\":[{\"id\":3,\"topic\":\"/robot/cmd\","
                  + "\"encoding\":\"json\",\"schemaName\":\"\"}]}",
              true)
          .join();
      ByteBuffer put = ByteBuffer.allocate(7).order(ByteOrder.LITTLE_ENDIAN);
      put.put((byte) 1).putInt(3).put((byte) '{').put((byte) '}').flip();
      socket.sendBinary(put, true).join();
      Fixture.until(
          "the message to be published",
          () -> fixture.get("/topics/robot/cmd").text().equals("{}"));
      socket.sendText("no JSON", true).join();
      assertTrue(messages.text("\"op\":\"status\"").contains("JSON"));
      socket.abort();
      Fixture.until("the streams to end", () -> fixture.gateway.streamCount() == 0);
    }
    Fixture.until("all samples to be released", () -> KeptSample.heldCount() == 0);
  }

  /** A channel may be gone by the time that a client asks for it, among others. */
  @Test
  void whatIsWrongInAListKeepsNothingElseOfIt() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options)) {
      fixture.publish(
          "robot/pose",
          SegmentedBytes.copyOfUtf8("{}"),
          PutOptions.none().encoding(Encoding.APPLICATION_JSON));
      Messages messages = new Messages();
      WebSocket socket = open(fixture, messages, "foxglove.sdk.v1", "");
      messages.text("\"topic\":\"robot/pose\"");
      socket
          .sendText(
              "{\"op\":\"subscribe\",\"subscriptions\":[{\"id\":6,\"channelId\":999},"
                  + "{\"id\":7,\"channelId\":1}]}",
              true)
          .join();
      assertTrue(messages.text("\"op\":\"status\"").contains("channelId=999"));
      assertEquals(7, messages.binary().getInt(1));
      socket
          .sendText(
              "{\"op\":\"advertise\",\"channels\":[{\"id\":2,\"topic\":\"/no//key\"},"
                  + "{\"id\":3,\"topic\":\"/robot/cmd\",\"encoding\":\"json\"}]}",
              true)
          .join();
      assertTrue(messages.text("\"op\":\"status\"").contains("no//key"));
      ByteBuffer put = ByteBuffer.allocate(7).order(ByteOrder.LITTLE_ENDIAN);
      put.put((byte) 1).putInt(3).put((byte) '{').put((byte) '}').flip();
      socket.sendBinary(put, true).join();
      Fixture.until(
          "the message to be published",
          () -> fixture.get("/topics/robot/cmd").text().equals("{}"));
      socket.sendText("{\"op\":\"unsubscribe\",\"subscriptionIds\":[\"x\",7]}", true).join();
      assertTrue(messages.text("\"op\":\"status\"").contains("subscriptionIds=x"));
      Fixture.until("the stream to end", () -> fixture.gateway.streamCount() == 0);
      socket.abort();
    }
  }

  /** Whoever subscribed to JSON would take it for that. */
  @Test
  void aSampleOfAnotherEncodingComesOnTheChannelThatIsMadeForIt() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options)) {
      fixture.publish(
          "robot/pose",
          SegmentedBytes.copyOfUtf8("{}"),
          PutOptions.none().encoding(Encoding.APPLICATION_JSON));
      Messages messages = new Messages();
      WebSocket socket = open(fixture, messages, "foxglove.sdk.v1", "");
      messages.text("\"topic\":\"robot/pose\"");
      socket
          .sendText("{\"op\":\"subscribe\",\"subscriptions\":[{\"id\":7,\"channelId\":1}]}", true)
          .join();
      ByteBuffer first = messages.binary();
      assertEquals(7, first.getInt(1));
      fixture.publish(
          "robot/pose",
          SegmentedBytes.copyOfUtf8("plain"),
          PutOptions.none().encoding(Encoding.TEXT_PLAIN));
      String channel = messages.text("\"topic\":\"robot/pose\"");
      assertTrue(channel.contains("\"encoding\":\"text/plain\""), channel);
      socket
          .sendText("{\"op\":\"subscribe\",\"subscriptions\":[{\"id\":8,\"channelId\":2}]}", true)
          .join();
      ByteBuffer data = messages.binary();
      while (!StandardCharsets.UTF_8
          .decode(data.duplicate().position(13))
          .toString()
          .equals("plain")) {
        data = messages.binary();
      }
      assertEquals(8, data.getInt(1));
      socket.abort();
    }
  }

  /** The first is made at once; the client of two publishers must not subscribe for ever. */
  @Test
  void aChannelThatWasReplacedStaysForEverLonger() {
    assertEquals(0, FoxgloveConnection.patienceNanos(0));
    long before = TimeUnit.SECONDS.toNanos(5);
    for (int changes = 1; changes <= 9; changes++) {
      assertEquals(2 * before, FoxgloveConnection.patienceNanos(changes));
      before = FoxgloveConnection.patienceNanos(changes);
    }
    assertEquals(before, FoxgloveConnection.patienceNanos(Integer.MAX_VALUE));
  }

  /** Each may have a key of 64 KiB, and there may be 1,000 of them on each of 1,000 sockets. */
  @Test
  void theChannelsOfAClientTakeRoomAndGiveItBack() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options)) {
      Messages messages = new Messages();
      WebSocket socket = open(fixture, messages, "foxglove.sdk.v1", "");
      String key = "x".repeat(60_000);
      for (int i = 0; i < 700; i++) {
        socket
            .sendText(
                "{\"op\":\"advertise\",\"channels\":[{\"id\":"
                    + i
                    + ",\"topic\":\""
                    + key
                    + "\",\"encoding\":\"json\"}]}",
                true)
            .join();
      }
      assertTrue(messages.text("\"op\":\"status\"").contains("are taken"));
      // The room is that of lists as well, and free again when the channels have gone.
      socket.abort();
      Fixture.until(
          "the room to be free",
          () -> {
            Messages others = new Messages();
            WebSocket other = open(fixture, others, "foxglove.sdk.v1", "");
            other
                .sendText(
                    "{\"op\":\"advertise\",\"channels\":[{\"id\":1,\"topic\":\"y\","
                        + "\"encoding\":\"json\"}]}",
                    true)
                .join();
            other.sendText("no JSON", true).join();
            boolean free = others.text("\"op\":\"status\"").contains("JSON");
            other.abort();
            return free;
          });
    }
  }

  @Test
  void aTokenIsNeededAndMayBeInTheAddress() throws Exception {
    try (Fixture fixture = Fixture.open(options -> options.token("secret"))) {
      assertThrows(
          CompletionException.class,
          () -> open(fixture, new Messages(), "foxglove.sdk.v1", "").abort());
      assertThrows(
          CompletionException.class,
          () -> open(fixture, new Messages(), "another", "?token=secret").abort());
      Messages messages = new Messages();
      WebSocket socket = open(fixture, messages, "foxglove.sdk.v1", "?token=secret");
      messages.text("serverInfo");
      socket.abort();
    }
  }
}
