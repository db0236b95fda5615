package dev.segue.capnproto.dynamic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.LoanMessage;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.schema.Frames;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Messages by their schema, as text and back. */
final class MessageTypeTest {
  private static final String ROBOT =
      """
      @0xb6f2c3a1d4e59101;
      enum Gear { park @0; drive @1; }
      struct Pose {
        x @0 :Float64;
        y @1 :Float64;
        name @2 :Text = "origin";
        gear @3 :Gear = drive;
        stamp @4 :UInt64;
        raw @5 :Data;
        points @6 :List(Point);
        union {
          none @7 :Void;
          error @8 :Text;
          detail :group { code @9 :Int16 = -5; more @10 :List(List(Int8)); }
        }
        any @11 :AnyPointer;
        box @12 :Box(List(Bool));
        home @13 :Point = (x = 3, label = "home");
        flags @14 :List(Bool);
      }
      struct Point { x @0 :Int32; y @1 :Int32 = 1; label @2 :Text; }
      struct Box(T) { value @0 :T; }
      struct Outer { struct Inner { x @0 :Int8; } }
      """;
  private static final MessageSchemas SCHEMAS = Messages.schemas(ROBOT);
  private static final MessageType POSE = SCHEMAS.type("Pose");

  private static String json(MessageType type, byte[] message) throws CapnProtoException {
    return Messages.show(type, message, MessageFormat.json());
  }

  private static String roundTrip(String json) throws CapnProtoException {
    return json(POSE, POSE.fromJson(json));
  }

  @ParameterizedTest
  @CsvSource({"Pose", "test.capnp:Pose", "Outer.Inner", "test.capnp:Outer.Inner"})
  void aTypeIsFoundByItsNameWithAndWithoutItsFile(String name) {
    MessageType type = SCHEMAS.type(name);
    assertTrue(type.name().endsWith(name), type.name());
    assertEquals(type, SCHEMAS.type("@0x" + Long.toHexString(type.id())));
    assertEquals(type, SCHEMAS.find(type.id()).orElseThrow());
  }

  @Test
  void theRequestOfSchemasIsTheSameMemoryForAll() throws CapnProtoException {
    MessageSchemas schemas = MessageSchemas.fromRequest(SCHEMAS.toRequest());
    MessageSchemas ofClass = MessageSchemas.ofGenerated(Frames.CameraFrame.class).schemas();
    for (MessageSchemas each : List.of(schemas, ofClass)) {
      SegmentedBytes bytes = each.requestBytes();
      assertArrayEquals(each.toRequest(), bytes.copyToByteArray());
      MessageType type = each.types().getFirst();
      assertEquals(bytes.segment(0).address(), type.schemas().requestBytes().segment(0).address());
    }
  }

  @ParameterizedTest
  @CsvSource({"Missing", "Gear", "Pose.detail", "ose", "@0x1", "@0xnonsense"})
  void aNameThatIsNoStructSaysWhichThereAre(String name) {
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> SCHEMAS.type(name)).getMessage());
    assertTrue(message.contains(name), message);
    if (!name.startsWith("@")) {
      assertTrue(message.contains("test.capnp:Outer.Inner, test.capnp:Point"), message);
    }
  }

  @Test
  void theTypesOfASchemaAreItsStructs() {
    assertEquals(
        List.of(
            "test.capnp:Box",
            "test.capnp:Outer",
            "test.capnp:Outer.Inner",
            "test.capnp:Point",
            "test.capnp:Pose"),
        SCHEMAS.types().stream().map(MessageType::name).toList());
  }

  @Test
  void everyConstructGoesToJsonAndBack() throws CapnProtoException {
    String json =
        "{\"x\":1.5,\"y\":-0,\"name\":\"a \\\"b\\\" \\\\\",\"gear\":\"park\","
            + "\"stamp\":\"18446744073709551615\",\"raw\":\"AAEC\","
            + "\"points\":[{\"x\":1,\"y\":2,\"label\":\"p\"},{\"x\":0,\"y\":1}],"
            + "\"detail\":{\"code\":-7,\"more\":[[1,-1],[]]},"
            + "\"box\":{\"value\":[true,false,true]},\"home\":{\"x\":9,\"y\":1},"
            + "\"flags\":[true,false,true,true,false,false,false,false,true]}";
    assertEquals(json, roundTrip(json));
  }

  @Test
  void whatIsNotSetHasItsDefault() throws CapnProtoException {
    assertEquals(
        "{\"x\":0,\"y\":0,\"gear\":\"drive\",\"stamp\":\"0\",\"none\":null}", roundTrip("{}"));
    assertEquals(
        "(x = 0, y = 0, gear = drive, stamp = 0, detail = (code = -5))",
        Messages.show(POSE, POSE.fromJson("{\"detail\":{}}"), Messages.TEXT));
    assertEquals(
        "{\"x\":0,\"y\":0,\"gear\":\"drive\",\"stamp\":\"0\",\"error\":\"\"}",
        roundTrip("{\"error\":null}"));
    // A member that is set and null is shown, as the default that it has.
    assertEquals(
        "(x = 0, y = 0, gear = drive, stamp = 0, error = \"\")",
        Messages.show(POSE, POSE.fromJson("{\"error\":null}"), Messages.TEXT));
  }

  @Test
  void aUnionWhoseFirstMembersAreStructsHasAnEnd() throws CapnProtoException {
    MessageType list =
        Messages.schemas(
                "@0xb6f2c3a1d4e59104; struct Next { union { next @0 :Next; end @1 :Void; } }")
            .type("Next");
    String json = json(list, list.fromJson("{}"));
    assertTrue(json.startsWith("{\"next\":{\"next\":") && json.contains("null"), json);
    assertEquals(json, json(list, list.fromJson("{\"next\":null}")));
    assertEquals("()", Messages.show(list, list.fromJson("{}"), Messages.TEXT));
    assertEquals(
        "(next = (end = void))",
        Messages.show(list, list.fromJson("{\"next\":{\"end\":null}}"), Messages.TEXT));
  }

  @Test
  void textForPeopleIsIndentedAndShortensWhatIsLarge() throws CapnProtoException {
    byte[] message =
        POSE.fromJson(
            "{\"name\":\"n\",\"raw\":\""
                + "AAAA".repeat(10)
                + "\",\"points\":[{},{}],\"flags\":[true,true]}");
    assertEquals(
        """
        (
          x = 0,
          y = 0,
          name = "n",
          gear = drive,
          stamp = 0,
          raw = <30 bytes: 00000000000000000000000000000000…>,
          points = [
            (
              x = 0,
              y = 1
            ),
            … 1 more
          ],
          none = void,
          flags = [true, … 1 more]
        )""",
        Messages.show(POSE, message, MessageFormat.text().withMaxElementCount(1)));
    assertEquals(
        """
        {
          "x": 0,
          "y": 0,
          "gear": "drive",
          "stamp": "0",
          "raw": {"byteSize":3,"first":"000102"},
          "none": null
        }""",
        Messages.show(
            POSE,
            POSE.fromJson("{\"raw\":[0,1,2]}"),
            MessageFormat.json().withIndented(true).withData(MessageFormat.DataStyle.SUMMARY)));
  }

  @Test
  void controlCharactersNeverReachATerminal() throws CapnProtoException {
    byte[] message = POSE.fromJson("{\"name\":\"\\u001b[2J\\u009b\\u0007ä\"}");
    String text = Messages.show(POSE, message, MessageFormat.text());
    assertTrue(text.contains("name = \"\\033[2J\\302\\233\\aä\""), text);
    assertTrue(json(POSE, message).contains("\"\\u001b[2J\\u009b\\u0007ä\""));
  }

  @Test
  void anyPointersAreShownToBeThere() throws CapnProtoException {
    String other = ROBOT.replace("any @11 :AnyPointer", "any @11 :Point");
    MessageType known = Messages.schemas(other).type("Pose");
    byte[] message = known.fromJson("{\"any\":{\"x\":1}}");
    assertTrue(Messages.show(POSE, message, Messages.TEXT).contains("any = <opaque pointer>"));
    assertTrue(json(POSE, message).contains("\"any\":\"<opaque pointer>\""));
    assertThrows(IllegalArgumentException.class, () -> POSE.fromJson(json(POSE, message)));
    assertEquals(roundTrip("{}"), roundTrip("{\"any\":null}"));
  }

  @Test
  void messagesOfANewerSchemaAreReadByAnOlderOneAndTheReverse() throws CapnProtoException {
    String newer =
        ROBOT
            .replace("park @0; drive @1;", "park @0; drive @1; reverse @2;")
            .replace("label @2 :Text; }", "label @2 :Text; z @3 :Int64 = 8; tag @4 :Text; }")
            .replace(
                "more @10 :List(List(Int8)); }", "more @10 :List(List(Int8)); }\nlost @15 :Text;");
    MessageType grown = Messages.schemas(newer).type("Pose");
    byte[] fromNew =
        grown.fromJson(
            "{\"gear\":\"reverse\",\"points\":[{\"x\":4,\"z\":5,\"tag\":\"t\"}],\"lost\":\"new\"}");
    // An enumerant that isn't known is its number; a union's member that isn't known is left out.
    assertEquals(
        "{\"x\":0,\"y\":0,\"gear\":2,\"stamp\":\"0\",\"points\":[{\"x\":4,\"y\":1}]}",
        json(POSE, fromNew));
    assertTrue(Messages.show(POSE, fromNew, Messages.TEXT).contains("gear = (2)"));
    assertEquals(2L, POSE.path("gear").number(Messages.view(fromNew)));
    byte[] fromOld = POSE.fromJson("{\"points\":[{\"x\":4}],\"error\":\"e\"}");
    assertEquals(
        "{\"x\":0,\"y\":0,\"gear\":\"drive\",\"stamp\":\"0\","
            + "\"points\":[{\"x\":4,\"y\":1,\"z\":\"8\"}],\"error\":\"e\"}",
        json(grown, fromOld));
  }

  @Test
  void aListOfNumbersIsReadAsAListOfStructsThatBeginWithOne() throws CapnProtoException {
    String list =
        "@0xb6f2c3a1d4e59102; struct L { list @0 :List(%s); } struct N { n @0 :%s; t @1 :Text; }";
    for (String element : List.of("Int8", "UInt16", "Int32", "UInt64", "Float64", "Text")) {
      String first = element.equals("Text") ? "Text" : element;
      MessageType plain = listType(list, element, first);
      MessageType structs = listType(list, "N", first);
      String value = element.equals("Text") || element.equals("UInt64") ? "\"7\"" : "7";
      byte[] message = plain.fromJson("{\"list\":[" + value + "," + value + "]}");
      assertEquals(
          "{\"list\":[{\"n\":" + value + "},{\"n\":" + value + "}]}", json(structs, message));
      byte[] grown = structs.fromJson("{\"list\":[{\"n\":" + value + "}]}");
      assertEquals("{\"list\":[" + value + "]}", json(plain, grown));
    }
    MessageType bits = listType(list, "Bool", "Bool");
    byte[] message = bits.fromJson("{\"list\":[true]}");
    assertThrows(CapnProtoException.class, () -> json(listType(list, "N", "Bool"), message));
    assertThrows(CapnProtoException.class, () -> json(listType(list, "Text", "Bool"), message));
  }

  private static MessageType listType(String schema, String element, String first) {
    return Messages.schemas(schema.replaceFirst("%s", element).replaceFirst("%s", first)).type("L");
  }

  @Test
  void pathsLeadToValues() throws CapnProtoException {
    byte[] message =
        POSE.fromJson(
            "{\"x\":2.5,\"stamp\":\"18446744073709551615\",\"points\":[{\"x\":-1},{\"label\":\"l\"}],"
                + "\"detail\":{\"more\":[[1,2],[3]]},\"box\":{\"value\":[false,true]}}");
    try (MessageView view = Messages.view(message)) {
      assertEquals(2.5, POSE.path("x").number(view));
      assertEquals(new BigInteger("18446744073709551615"), POSE.path("stamp").number(view));
      assertEquals(-1L, POSE.path("points[0].x").number(view));
      assertEquals(1L, POSE.path("points[1].y").number(view));
      assertEquals("l", POSE.path("points[1].label").toText(view, MessageFormat.text()));
      assertEquals("\"l\"", POSE.path("points[1].label").toText(view, MessageFormat.json()));
      assertEquals(3L, POSE.path("detail.more[1][0]").number(view));
      assertEquals(-5L, POSE.path("detail.code").number(view));
      assertEquals(1L, POSE.path("box.value[1]").number(view));
      assertEquals("drive", POSE.path("gear").toText(view, MessageFormat.text()));
      assertEquals(1L, POSE.path("gear").number(view));
      // Defaults.
      assertEquals("origin", POSE.path("name").toText(view, MessageFormat.text()));
      assertEquals(3L, POSE.path("home.x").number(view));
      assertEquals("home", POSE.path("home.label").toText(view, MessageFormat.text()));
      // Absent.
      assertNull(POSE.path("points[2].x").number(view));
      assertNull(POSE.path("points[4294967295].x").number(view));
      assertNull(POSE.path("detail.more[1][4294967295]").number(view));
      assertNull(POSE.path("detail.more[1][2147483648]").number(view));
      assertNull(POSE.path("flags[0]").number(view));
      assertNull(POSE.path("name").number(view));
      assertEquals("", POSE.path("error").toText(view, MessageFormat.text()));
      assertEquals("null", POSE.path("error").toText(view, MessageFormat.json()));
      assertEquals("{\"x\":-1,\"y\":1}", POSE.path("points[0]").toText(view, MessageFormat.json()));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "z, has no field z: there are x; y",
    "x.y, follows something without fields",
    "x[0], an index in brackets follows a list alone",
    "points[a], expected an index",
    "points[0, an index in brackets",
    "points[0]., a field is missing",
    "'', is empty",
  })
  void aPathThatLeadsNowhereSaysWhy(String path, String reason) {
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> POSE.path(path)).getMessage());
    assertTrue(message.contains(reason.replace(';', ',')), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ | JSON at 1:2: expected a name in quotes",
        "{\"x\":} | JSON at 1:6: expected a value",
        "{\"x\":01} | expected a value",
        "{\"x\":1} 2 | expected the end",
        "{\"x\":1,\"x\":1} | the name x is there twice",
        "[] | the message: expected an object with the fields of test.capnp:Pose, found an array of 0",
        "{\"z\":1} | z: test.capnp:Pose has no such field: there are x, y,",
        "{\"x\":\"one\"} | x: expected Float64, found \"one\"",
        "{\"x\":-1e309} | x: expected Float64, which has no room for it, found -1e309",
        "{\"stamp\":-1} | stamp: expected UInt64, which has no room for it, found -1",
        "{\"stamp\":18446744073709551616} | stamp: expected UInt64, which has no room",
        "{\"stamp\":1e999999999} | stamp: expected UInt64",
        "{\"points\":[{\"x\":2147483648}]} | points[0].x: expected Int32, which has no room",
        "{\"points\":[{\"x\":1.5}]} | points[0].x: expected Int32, a whole number",
        "{\"gear\":\"fly\"} | gear: expected one of park, drive, found \"fly\"",
        "{\"raw\":\"?\"} | raw: not base64",
        "{\"raw\":[256]} | raw[0]: expected UInt8",
        "{\"name\":1} | name: expected a string, found 1",
        "{\"flags\":[1]} | flags[0]: expected true or false, found 1",
        "{\"none\":1} | none: expected null",
        "{\"none\":null,\"error\":\"e\"} | error: another member of the union is set already: none",
        "{\"any\":{}} | any: expected null",
      })
  void jsonThatDoesNotFitSaysWhereAndWhy(String json, String reason) {
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> POSE.fromJson(json)).getMessage());
    assertTrue(message.contains(reason), message);
  }

  @Test
  void messagesOfGeneratedClassesAreReadAndTheReverse() throws CapnProtoException, IOException {
    MessageType frame =
        Messages.schemas(Files.readString(Path.of("src", "main", "capnp", "frames.capnp")))
            .type("CameraFrame");
    try (OffHeapPool pool = new OffHeapPool(1 << 20);
        LoanMessage message = LoanMessage.of(pool)) {
      Frames.CameraFrame.Builder builder = message.initRoot(Frames.CameraFrame.factory);
      builder.setSequence(7);
      builder.setFrameId("front");
      builder.initPixels(5000);
      SegmentedBytes bytes = message.handOver();
      try (MessageView view = MessageView.of(bytes, pool)) {
        assertEquals(7L, frame.path("sequence").number(view));
        assertEquals("front", frame.path("frameId").toText(view, MessageFormat.text()));
        String text = frame.toText(view, MessageFormat.text());
        assertTrue(text.contains("pixels = <5000 bytes: 0000"), text);
      }
    }
    byte[] built = frame.fromJson("{\"sequence\":\"8\",\"frameId\":\"rear\",\"pixels\":[1,2]}");
    try (MessageView view = Messages.view(built)) {
      view.visit(
          Frames.CameraFrame.factory,
          root -> {
            assertEquals(8, root.getSequence());
            assertEquals("rear", root.getFrameId().toString());
            assertArrayEquals(new byte[] {1, 2}, root.getPixels().toArray());
          });
    }
  }
}
