package dev.segue.capnproto.dynamic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.ReadLimits;
import dev.segue.testkit.Seeds;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Messages, schemas and JSON that mean harm end in the documented exceptions, and soon. */
final class HostileTest {
  private static final String SCHEMA =
      """
      @0xb6f2c3a1d4e59103;
      struct Node {
        next @0 :Node;
        nodes @1 :List(Node);
        text @2 :Text;
        data @3 :Data;
        voids @4 :List(Void);
        bits @5 :List(Bool);
        number @6 :Int64;
        texts @7 :List(Text);
        group :group { union { a @8 :Int32; b @9 :Node; } }
        any @10 :AnyPointer;
        box @11 :Box(Node);
        withDefault @12 :Node = (next = (text = "deep"), number = 3);
      }
      struct Box(T) { value @0 :T; grow @1 :Box(Pair(T, T)); same @2 :Box(T); }
      struct Pair(T, U) { one @0 :T; other @1 :U; }
      """;
  private static final MessageType NODE = Messages.schemas(SCHEMA).type("Node");

  /** The pointer to a struct of the size of a Node right behind it. */
  private static final long ROOT = 9L << 48 | 3L << 32;

  private static CapnProtoException refused(long... words) {
    return assertThrows(
        CapnProtoException.class,
        () -> Messages.show(NODE, Messages.ofWords(words), MessageFormat.json()));
  }

  private static void refusedBecause(String reason, long... words) {
    String message = String.valueOf(refused(words).getMessage());
    assertTrue(message.contains(reason), message);
  }

  private static long struct(long offset, long dataWordCount, long pointerCount) {
    return (offset << 2 & 0xFFFF_FFFFL) | dataWordCount << 32 | pointerCount << 48;
  }

  private static long list(long offset, long elementSize, long count) {
    return (offset << 2 & 0xFFFF_FFFFL) | 1 | elementSize << 32 | count << 35;
  }

  private static long far(long word, long segment, boolean isDouble) {
    return word << 3 | 2 | (isDouble ? 4 : 0) | segment << 32;
  }

  @Test
  void pointersOutOfBoundsAreRefused() {
    refusedBecause("leads out of its segment", ROOT);
    refusedBecause("leads out of its segment", struct(-2, 1, 0));
    refusedBecause("leads out of its segment", struct(1 << 28, 1, 0));
    refusedBecause("isn't there", far(0, 1, false));
    refusedBecause("isn't there", far(0, 0xFFFF_FFFFL, false));
    refusedBecause("leads out of its segment", far(1, 0, true), 0);
    refusedBecause("another far pointer", far(1, 0, false), far(1, 0, false));
    refusedBecause("pad without a far pointer", far(1, 0, true), 0, 0);
    refusedBecause("another kind of object", list(0, 2, 0));
    refusedBecause("another kind of object", 3);
    refusedBecause("another kind of object", struct(0, 0, 1), list(0, 2, 0));
    refusedBecause("another kind of object", struct(0, 0, 2), 0, struct(0, 1, 0), 0);
    refusedBecause("doesn't end with a zero byte", struct(0, 0, 3), 0, 0, list(0, 2, 1), 65);
    refusedBecause("doesn't end with a zero byte", struct(0, 0, 3), 0, 0, list(0, 2, 0));
    refusedBecause("other elements than bytes", struct(0, 0, 3), 0, 0, list(0, 3, 1), 0);
    refusedBecause(
        "longer than its pointer says", struct(0, 0, 2), 0, list(0, 7, 1), 8 | 1L << 32, 0);
    refusedBecause("elements of another kind", struct(0, 0, 2), 0, list(0, 7, 0), 1);
  }

  @Test
  void anEmptyMessageAndANullRootHaveDefaults() throws CapnProtoException {
    String expected = "{\"number\":\"0\",\"group\":{\"a\":0}}";
    assertEquals(expected, Messages.show(NODE, Messages.ofWords(0), MessageFormat.json()));
    assertEquals(
        expected, Messages.show(NODE, Messages.ofWords(0xFFFF_FFFCL), MessageFormat.json()));
    assertTrue(String.valueOf(refused().getMessage()).contains("leads out"));
  }

  @Test
  void listsOfNothingCostWhatTheyMakeTheReaderDo() {
    long many = (1 << 29) - 1;
    refusedBecause("traversal limit", struct(0, 0, 5), 0, 0, 0, 0, list(0, 0, many));
    refusedBecause("traversal limit", struct(0, 0, 2), 0, list(0, 7, 0), many << 2);
  }

  @Test
  void structsOfNothingWithManyFieldsCostWhatTheyMakeTheReaderDo() {
    StringBuilder schema =
        new StringBuilder(
            "@0xb6f2c3a1d4e59104; struct Holder { list @0 :List(Wide); } struct Wide {");
    for (int i = 0; i < 1000; i++) {
      schema.append(" f").append(i).append(" @").append(i).append(" :Text;");
    }
    MessageType holder = Messages.schemas(schema.append(" }").toString()).type("Holder");
    byte[] message = Messages.ofWords(struct(0, 0, 1), list(0, 7, 0), 50_000L << 2);
    CapnProtoException refused =
        assertThrows(
            CapnProtoException.class,
            () -> Messages.show(holder, message, MessageFormat.json().withMaxCharCount(200_000)));
    assertTrue(
        String.valueOf(refused.getMessage()).contains("too many fields to look at"),
        () -> String.valueOf(refused.getMessage()));
  }

  @Test
  void schemasCantHaveMoreFieldsOrDeclarationsThanTheyHaveRoomFor() throws CapnProtoException {
    assertEquals(1, MessageSchemas.fromRequest(schemaOfEmptyFields(300)).types().size());
    for (byte[] schema : List.of(schemaOfEmptyFields(400), schemaOfEmptyDeclarations(400))) {
      CapnProtoException refused =
          assertThrows(CapnProtoException.class, () -> MessageSchemas.fromRequest(schema));
      assertTrue(
          String.valueOf(refused.getMessage()).contains("than they have room for"),
          () -> String.valueOf(refused.getMessage()));
    }
  }

  /** A request with one struct, whose fields take no words; it has room for 314 of them. */
  private static byte[] schemaOfEmptyFields(int count) {
    long[] words = new long[1000];
    words[0] = struct(0, 0, 1);
    words[1] = list(0, 7, 6);
    words[2] = struct(1, 2, 4);
    words[3] = 0xb6f2c3a1d4e59106L;
    words[4] = 1L << 32;
    words[8] = list(0, 7, 0);
    words[9] = struct(count, 0, 0);
    return Messages.ofWords(words);
  }

  /** Declarations that consist of their ids. */
  private static byte[] schemaOfEmptyDeclarations(int count) {
    long[] words = new long[1000];
    words[0] = struct(0, 0, 1);
    words[1] = list(0, 7, count);
    words[2] = struct(count, 1, 0);
    for (int i = 0; i < count; i++) {
      words[3 + i] = i + 1L;
    }
    return Messages.ofWords(words);
  }

  @Test
  void aMessageThatPointsAtItselfMeetsTheNestingLimit() {
    refusedBecause("nesting limit", struct(0, 0, 1), struct(-1, 0, 1));
    refusedBecause(
        "nesting limit", struct(0, 0, 2), 0, list(0, 7, 2), 4 | 2L << 48, 0, list(-3, 7, 2));
  }

  @Test
  void pointersThatShareATargetMeetTheTraversalLimit() {
    // A list of 50 structs, each of which has the same list again.
    long[] words = new long[104];
    words[0] = struct(0, 0, 2);
    words[2] = list(0, 7, 100);
    int at = 3;
    words[at++] = 50L << 2 | 2L << 48;
    for (int i = 0; i < 50; i++) {
      words[at + 1] = list(1 - at, 7, 100);
      at += 2;
    }
    refused(words);
  }

  @Test
  void aTextThatWouldFillTheMemoryMeetsItsLimit() throws CapnProtoException {
    byte[] message = NODE.fromJson("{\"nodes\":[" + "{},".repeat(1000) + "{}]}");
    MessageFormat small = MessageFormat.json().withMaxCharCount(10_000);
    String reason =
        String.valueOf(
            assertThrows(CapnProtoException.class, () -> Messages.show(NODE, message, small))
                .getMessage());
    assertTrue(reason.contains("maxCharCount=10000"), reason);
    for (int i = 0; i < 400; i++) {
      MessageFormat exact = MessageFormat.text().withMaxCharCount(i);
      byte[] one = NODE.fromJson("{\"text\":\"\\u0001ab\",\"data\":\"AAECAwQFBgcICQ==\"}");
      try {
        String text = Messages.show(NODE, one, exact);
        assertTrue(text.length() <= i + 32, text);
      } catch (CapnProtoException e) {
        assertTrue(String.valueOf(e.getMessage()).contains("maxCharCount"), e.getMessage());
      }
    }
  }

  @Test
  void theLimitsOfTheViewHold() throws CapnProtoException {
    byte[] message =
        NODE.fromJson("{\"next\":{\"next\":{\"next\":{\"text\":\"" + "x".repeat(8000) + "\"}}}}");
    ReadLimits usual = ReadLimits.defaults();
    try (MessageView flat = Messages.view(message, usual.withNestingLimit(3));
        MessageView deep = Messages.view(message, usual.withNestingLimit(5));
        MessageView small = Messages.view(message, usual.withTraversalLimitWordCount(1000))) {
      assertThrows(CapnProtoException.class, () -> NODE.toText(flat, MessageFormat.json()));
      assertThrows(CapnProtoException.class, () -> NODE.toText(small, MessageFormat.json()));
      assertTrue(NODE.toText(deep, MessageFormat.json()).contains("xxx"));
      // Each call starts with the whole limit.
      assertTrue(NODE.toText(deep, MessageFormat.json()).contains("xxx"));
    }
  }

  @Test
  void genericTypesThatGrowEndInTheDocumentedException() {
    StringBuilder json = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      json.append("{\"grow\":");
    }
    json.append("{}").append("}".repeat(20));
    assertThrows(IllegalArgumentException.class, () -> NODE.fromJson("{\"box\":" + json + "}"));
  }

  @Test
  void genericTypesThatMessagesMultiplyEndInTheDocumentedException() throws CapnProtoException {
    StringBuilder schema =
        new StringBuilder(
            "@0xb6f2c3a1d4e59105; struct Root { grow @0 :Grow(Text); plain @1 :Plain; }"
                + " struct Plain { x @0 :Int32; } struct One(T) { it @0 :T; }"
                + " struct Other(T) { it @0 :T; }"
                + " struct Grow(T) { one @0 :Grow(One(T)); other @1 :Grow(Other(T));");
    for (int i = 2; i < 200; i++) {
      schema.append(" f").append(i).append(" @").append(i).append(" :Text;");
    }
    MessageType root = Messages.schemas(schema.append(" }").toString()).type("Root");
    String shallow = "{\"grow\":{\"one\":{},\"other\":{}},\"plain\":{\"x\":7}}";
    assertEquals(shallow, Messages.show(root, root.fromJson(shallow), MessageFormat.json()));
    Random random = Seeds.random("levels of generic types");
    CapnProtoException refused =
        assertThrows(
            CapnProtoException.class,
            () -> {
              for (int i = 0; i < 20; i++) {
                Messages.show(root, grown(random), MessageFormat.json());
              }
            });
    assertTrue(
        String.valueOf(refused.getMessage()).contains("the bindings of generic types"),
        () -> String.valueOf(refused.getMessage()));
    // What is known, and what isn't generic, is read as before.
    assertEquals(shallow, Messages.show(root, root.fromJson(shallow), MessageFormat.json()));
    assertTrue(root.toJsonSchema().contains("plain"));
  }

  /** Sixty levels, each of which is one or the other. */
  private static byte[] grown(Random random) {
    long[] words = new long[2 + 2 * 60];
    words[0] = struct(0, 0, 1);
    words[1] = struct(0, 0, 2);
    for (int at = 2; at + 2 < words.length; at += 2) {
      int chosen = random.nextInt(2);
      words[at + chosen] = struct(1 - chosen, 0, 2);
    }
    return Messages.ofWords(words);
  }

  @Test
  void damagedMessagesEndInTheDocumentedException() {
    Random random = Seeds.random("damaged messages");
    int read = 0;
    for (int i = 0; i < Seeds.rounds(5000); i++) {
      byte[] message = NODE.fromJson(new RandomValues(random).message(NODE));
      damage(message, random);
      try (MessageView view = Messages.view(message)) {
        read +=
            NODE.toText(view, MessageFormat.text().withMaxCharCount(1 << 16)).length() > 0 ? 1 : 0;
        read +=
            NODE.path("next.nodes[0].withDefault.next.text")
                        .toText(view, MessageFormat.json())
                        .length()
                    > 0
                ? 1
                : 0;
      } catch (CapnProtoException _) {
        // As documented.
      }
    }
    assertTrue(read > 0);
  }

  private static void damage(byte[] bytes, Random random) {
    for (int j = random.nextInt(5); j >= 0; j--) {
      int at = random.nextInt(bytes.length);
      bytes[at] =
          (byte) (random.nextBoolean() ? random.nextInt(256) : bytes[at] ^ 1 << random.nextInt(8));
    }
  }

  @Test
  void damagedSchemasEndInTheDocumentedExceptions() {
    Random random = Seeds.random("damaged schemas");
    byte[] request = Messages.request(SCHEMA);
    byte[] message =
        NODE.fromJson("{\"next\":{\"nodes\":[{},{\"text\":\"t\"}]},\"group\":{\"b\":{}}}");
    int read = 0;
    for (int i = 0; i < Seeds.rounds(5000); i++) {
      byte[] damaged = request.clone();
      damage(damaged, random);
      if (random.nextInt(20) == 0) {
        damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
      }
      try {
        for (MessageType type : MessageSchemas.fromRequest(damaged).types()) {
          read += use(type, message);
        }
      } catch (CapnProtoException _) {
        // As documented.
      }
    }
    assertTrue(read > 0);
  }

  private static int use(MessageType type, byte[] message) throws CapnProtoException {
    int read = 0;
    for (String json : List.of("{}", "{\"next\":{\"number\":1,\"withDefault\":{}}}")) {
      try {
        read += type.fromJson(json).length;
      } catch (IllegalArgumentException _) {
        // As documented.
      }
    }
    try (MessageView view = Messages.view(message)) {
      read += type.toText(view, MessageFormat.text().withMaxCharCount(1 << 16)).length();
      read += type.path("withDefault.next.text").toText(view, MessageFormat.json()).length();
    } catch (CapnProtoException | IllegalArgumentException _) {
      // As documented.
    }
    return read;
  }

  @Test
  void damagedJsonEndsInTheDocumentedException() {
    Random random = Seeds.random("damaged JSON");
    String parts = "{}[]\",:\\u0eE+-.0129truefalsnl x\n\u0000ä";
    int built = 0;
    for (int i = 0; i < Seeds.rounds(5000); i++) {
      StringBuilder json = new StringBuilder(new RandomValues(random).message(NODE));
      for (int j = random.nextInt(3); j >= 0; j--) {
        char c = parts.charAt(random.nextInt(parts.length()));
        int at = random.nextInt(json.length());
        if (random.nextBoolean()) {
          json.setCharAt(at, c);
        } else {
          json.insert(at, c);
        }
      }
      try {
        built += NODE.fromJson(json.toString()).length > 0 ? 1 : 0;
      } catch (IllegalArgumentException _) {
        // As documented.
      }
    }
    assertTrue(built > 0);
    String deep = "[".repeat(100_000);
    assertThrows(IllegalArgumentException.class, () -> NODE.fromJson(deep));
  }
}
