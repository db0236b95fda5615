package dev.segue.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.capnproto.compiler.SchemaCompiler;
import dev.segue.capnproto.dynamic.MessageSchemas;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.capnproto.topic.TopicSchemas;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.Queryable;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ZenohException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Versions of a type on several topics, and in the course of time. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class MessageTypesTest {
  private static final KeyExpr ONE = KeyExpr.of("one/pose");
  private static final KeyExpr TWO = KeyExpr.of("two/pose");

  private final Session publisher;
  private final Session session;
  private final AtomicInteger foundCount = new AtomicInteger();

  MessageTypesTest() throws ZenohException {
    publisher = Session.open(Config.isolated().listen("tcp/127.0.0.1:0"));
    session = Session.open(Config.isolated().connect(publisher.locators().getFirst()));
  }

  @AfterEach
  void close() {
    session.close();
    publisher.close();
  }

  private static MessageType pose(String fields) throws Exception {
    String schema = "@0xb5f2c3a1d4e590a1; struct Pose { " + fields + " }";
    byte[] request =
        new SchemaCompiler(List.of()).compileText("pose.capnp", schema.getBytes(UTF_8)).toRequest();
    return MessageSchemas.fromRequest(request).type("Pose");
  }

  private static MessageType old() throws Exception {
    return pose("x @0 :Float64;");
  }

  private static MessageType grown() throws Exception {
    return pose("x @0 :Float64; y @1 :Float64;");
  }

  /** Asks again each time: a session learns of queryables in time. */
  private MessageTypes types() {
    return new MessageTypes(
        session,
        foundCount::incrementAndGet,
        Duration.ZERO,
        Thread.ofPlatform().daemon().factory());
  }

  private static void awaitType(MessageType expected, MessageTypes types, KeyExpr key)
      throws Exception {
    Encoding encoding = TopicSchemas.encodingOf(expected);
    Fixture.until(
        "the schema of " + key,
        () ->
            types
                .await(key, encoding)
                .filter(type -> type.toJsonSchema().equals(expected.toJsonSchema()))
                .isPresent());
  }

  @Test
  void eachTopicHasItsOwnVersionOfAType() throws Exception {
    assertEquals(TopicSchemas.encodingOf(old()), TopicSchemas.encodingOf(grown()));
    MessageTypes types = types();
    try (Queryable _ = TopicSchemas.publish(publisher, ONE, old());
        Queryable _ = TopicSchemas.publish(publisher, TWO, grown())) {
      awaitType(old(), types, ONE);
      awaitType(grown(), types, TWO);
      awaitType(old(), types, ONE);
      Fixture.until("those who show them to be told", () -> foundCount.get() >= 2);
    }
  }

  @Test
  void aTopicWithoutASchemaBesideItHasThatOfItsType() throws Exception {
    MessageTypes types = types();
    try (Queryable _ = TopicSchemas.publish(publisher, ONE, old())) {
      awaitType(old(), types, ONE);
      awaitType(old(), types, TWO);
    }
  }

  @Test
  void aTypeThatGrewIsFoundWhereItWasKnownBefore() throws Exception {
    MessageTypes types = types();
    try (Queryable _ = TopicSchemas.publish(publisher, ONE, old())) {
      awaitType(old(), types, ONE);
    }
    try (Queryable _ = TopicSchemas.publish(publisher, ONE, grown())) {
      awaitType(grown(), types, ONE);
      Fixture.until("those who show it to be told", () -> foundCount.get() >= 2);
    }
  }

  /** A thread that can't be started counted as one that asks, for ever. */
  @Test
  void topicsAreAskedForThoughThereWasNoThreadForOthers() throws Exception {
    AtomicInteger without = new AtomicInteger(20);
    MessageTypes types =
        new MessageTypes(
            session,
            foundCount::incrementAndGet,
            Duration.ZERO,
            task -> {
              if (without.getAndDecrement() > 0) {
                throw new OutOfMemoryError("no thread, as a test wants it");
              }
              return Thread.ofPlatform().daemon().unstarted(task);
            });
    Encoding encoding = TopicSchemas.encodingOf(old());
    for (int i = 0; i < 20; i++) {
      assertEquals(Optional.empty(), types.await(KeyExpr.of("none/" + i), encoding));
    }
    try (Queryable _ = TopicSchemas.publish(publisher, ONE, old())) {
      awaitType(old(), types, ONE);
    }
  }

  /** Fields that are new are in the messages, so they belong into the schema beside these. */
  @Test
  void aFoxgloveChannelIsOutdatedByTheSchemaThatFollowsItsOwn() throws Exception {
    MessageTypes.Known known = new MessageTypes.Known(old(), old().toJsonSchema());
    FoxgloveChannel channel =
        new FoxgloveChannel(
                FoxgloveChannel.Kind.MESSAGE, "json", "Pose", "jsonschema", known.jsonSchema())
            .withoutSchema();
    assertFalse(channel.isOutdatedBy(known));
    assertTrue(channel.isOutdatedBy(new MessageTypes.Known(grown(), grown().toJsonSchema())));
  }
}
