package exchange;

import generated.Types;
import generated.Types.Color;
import generated.Types.Everything;
import generated.Types.Inner;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import org.capnproto.MessageBuilder;
import org.capnproto.MessageReader;
import org.capnproto.Serialize;
import org.capnproto.Text;

/** Builds and reads messages by generated classes; compiled by the test that generates them. */
public final class Exchange {
  private Exchange() {}

  private static byte[] bytes(MessageBuilder message) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Serialize.write(Channels.newChannel(out), message);
    return out.toByteArray();
  }

  private static void expect(Object expected, Object found) {
    if (!expected.toString().equals(found.toString())) {
      throw new AssertionError("expected " + expected + ", found " + found);
    }
  }

  public static byte[] buildEverything() throws IOException {
    MessageBuilder message = new MessageBuilder();
    Everything.Builder root = message.initRoot(Everything.factory);
    root.setVoidField(org.capnproto.Void.VOID);
    root.setBoolField(true);
    root.setInt8Field((byte) -123);
    root.setInt16Field((short) -12345);
    root.setInt32Field(-12345678);
    root.setInt64Field(-123456789012345L);
    root.setUInt8Field((byte) 234);
    root.setUInt16Field((short) 45678);
    root.setUInt32Field((int) 3456789012L);
    root.setUInt64Field(Long.parseUnsignedLong("12345678901234567890"));
    root.setFloat32Field(1234.5f);
    root.setFloat64Field(-123e45);
    root.setTextField("foo");
    root.setDataField(new byte[] {1, 2, (byte) 255});
    Everything.Builder inner = root.initStructField();
    inner.setTextField("inner");
    inner.setEnumField(Color.GREEN);
    root.setEnumField(Color.LIGHT_BLUE);
    root.initVoidList(3);
    root.initBoolList(9).set(8, true);
    root.initInt8List(2).set(1, (byte) -1);
    root.initInt16List(2).set(1, (short) -2);
    root.initInt32List(2).set(1, -3);
    root.initInt64List(2).set(1, -4);
    root.initUInt8List(2).set(1, (byte) 200);
    root.initUInt16List(2).set(1, (short) 60000);
    root.initUInt32List(2).set(1, (int) 4000000000L);
    root.initUInt64List(2).set(1, -1);
    root.initFloat32List(2).set(1, 0.5f);
    root.initFloat64List(2).set(1, 0.25);
    root.initTextList(2).set(1, new Text.Reader("t"));
    root.initDataList(2).set(1, new org.capnproto.Data.Reader(new byte[] {7}));
    root.initStructList(2).get(1).setInt32Field(5);
    root.initEnumList(2).set(1, Color.GREEN);
    root.initListList(2).init(1, 2).set(1, 6);
    root.initTextListList(2).init(1, 1).set(0, new Text.Reader("deep"));
    root.initStructListList(1).init(0, 1).get(0).setInt8Field((byte) 8);
    root.initEnumListList(1).init(0, 1).init(0, 2).set(0, Color.LIGHT_BLUE);
    root.setClass_(9);
    return bytes(message);
  }

  public static void readEverything(byte[] message) throws IOException {
    Everything.Reader root = Serialize.read(ByteBuffer.wrap(message)).getRoot(Everything.factory);
    expect(true, root.getBoolField());
    expect(-123, root.getInt8Field());
    expect(-12345, root.getInt16Field());
    expect(-12345678, root.getInt32Field());
    expect(-123456789012345L, root.getInt64Field());
    expect((byte) 234, root.getUInt8Field());
    expect((short) 45678, root.getUInt16Field());
    expect((int) 3456789012L, root.getUInt32Field());
    expect("12345678901234567890", Long.toUnsignedString(root.getUInt64Field()));
    expect(1234.5f, root.getFloat32Field());
    expect(-123e45, root.getFloat64Field());
    expect("foo", root.getTextField());
    expect(3, root.getDataField().size());
    expect("inner", root.getStructField().getTextField());
    expect(Color.GREEN, root.getStructField().getEnumField());
    expect(Color.LIGHT_BLUE, root.getEnumField());
    expect(3, root.getVoidList().size());
    expect(true, root.getBoolList().get(8));
    expect(-1, root.getInt8List().get(1));
    expect(-2, root.getInt16List().get(1));
    expect(-3, root.getInt32List().get(1));
    expect(-4, root.getInt64List().get(1));
    expect((byte) 200, root.getUInt8List().get(1));
    expect((short) 60000, root.getUInt16List().get(1));
    expect((int) 4000000000L, root.getUInt32List().get(1));
    expect(-1, root.getUInt64List().get(1));
    expect(0.5f, root.getFloat32List().get(1));
    expect(0.25, root.getFloat64List().get(1));
    expect("t", root.getTextList().get(1));
    expect(7, root.getDataList().get(1).toArray()[0]);
    expect(5, root.getStructList().get(1).getInt32Field());
    expect(Color.GREEN, root.getEnumList().get(1));
    expect(6, root.getListList().get(1).get(1));
    expect("deep", root.getTextListList().get(1).get(0));
    expect(8, root.getStructListList().get(0).get(0).getInt8Field());
    expect(Color.LIGHT_BLUE, root.getEnumListList().get(0).get(0).get(0));
    expect(9, root.getClass_());
    expect(false, root.hasAny());
  }

  public static byte[] buildInner() throws IOException {
    MessageBuilder message = new MessageBuilder();
    Inner.Builder root = message.initRoot(Inner.factory);
    root.setNumber(43);
    root.setWords("w");
    root.setFlag(false);
    root.initList(2).set(0, (short) 4);
    Inner.Pair.Builder pair = root.initPair();
    pair.setFirst((byte) 10);
    pair.setSecond("s");
    expect(Inner.Which.PAIR, root.which());
    expect(true, root.isPair());
    Inner.Sub.Builder sub = root.getSub();
    sub.setDeep("d");
    sub.getDeeper().setB(false);
    return bytes(message);
  }

  public static void readInner(byte[] message) throws IOException {
    Inner.Reader root = Serialize.read(ByteBuffer.wrap(message)).getRoot(Inner.factory);
    expect(43, root.getNumber());
    expect("w", root.getWords());
    expect(false, root.getFlag());
    expect(4, root.getList().get(0));
    expect(Inner.Which.PAIR, root.which());
    expect(10, root.getPair().getFirst());
    expect("s", root.getPair().getSecond());
    expect("d", root.getSub().getDeep());
    expect(Inner.Sub.Deeper.Which.B, root.getSub().getDeeper().which());
    expect(false, root.getSub().getDeeper().getB());
  }

  /** Initializing a member of a union clears what another member left there. */
  public static void initializingAGroupClearsIt() {
    Inner.Builder root = new MessageBuilder().initRoot(Inner.factory);
    root.setOne(-1.5);
    Inner.Pair.Builder pair = root.initPair();
    expect(9, pair.getFirst());
    expect(false, pair.hasSecond());
    pair.setSecond("x");
    expect(false, root.initPair().hasSecond());
  }

  public static void defaultsAreThoseOfTheSchema() {
    Types.Defaults.Reader root = emptyDefaults();
    expect(true, root.getBoolField());
    expect(-123, root.getInt8Field());
    expect(-12345, root.getInt16Field());
    expect(-12345678, root.getInt32Field());
    expect(-123456789012345L, root.getInt64Field());
    expect((byte) 234, root.getUInt8Field());
    expect((short) 45678, root.getUInt16Field());
    expect((int) 3456789012L, root.getUInt32Field());
    expect("12345678901234567890", Long.toUnsignedString(root.getUInt64Field()));
    expect(1234.5f, root.getFloat32Field());
    expect(-123e45, root.getFloat64Field());
    expect("foo\nA\"\\\0end and more", root.getTextField());
    expect("ba", new String(root.getDataField().toArray(), 0, 2, StandardCharsets.US_ASCII));
    expect(4, root.getDataField().size());
    expect(6, root.getTextData().size());
    expect(Color.GREEN, root.getEnumField());
    expect(7, root.getStructField().getNumber());
    expect("inner", root.getStructField().getWords());
    expect(3, root.getStructField().getList().get(2));
    expect("x", root.getStructField().getSub().getDeep());
    expect(9, root.getBoolList().size());
    expect(true, root.getBoolList().get(8));
    expect(-128, root.getInt8List().get(0));
    expect(8, root.getInt32List().get(1));
    expect(Float.NEGATIVE_INFINITY, root.getFloat32List().get(2));
    expect("xyzzy", root.getTextList().get(2));
    expect(0, root.getDataList().get(1).toArray()[0]);
    expect(42, root.getStructList().get(2).getNumber());
    expect("two", root.getStructList().get(1).getWords());
    expect(Color.LIGHT_BLUE, root.getEnumList().get(0));
    expect(3, root.getListList().get(2).get(1));
    expect(2, root.getVoidList().size());
    expect(Double.POSITIVE_INFINITY, root.getInfinity());
    expect(Float.NaN, root.getNotANumber());
    expect(-77, root.getFromConst());
    expect(2.5, root.getStructFromConst().getOne());
    expect(-77, root.getStructFromConst().getNumber());
    expect(-0.0, root.getNegativeZero());
    Types.Defaults.Builder builder = new MessageBuilder().initRoot(Types.Defaults.factory);
    expect("foo\nA\"\\\0end and more", builder.getTextField());
    expect(7, builder.getStructField().getNumber());
    expect(8, builder.getInt32List().get(1));
    expect("two", builder.getStructList().get(1).getWords());
    builder.getStructField().setNumber(8);
    expect(8, builder.getStructField().getNumber());
    expect(7, root.getStructField().getNumber());
    Everything.Builder unset = new MessageBuilder().initRoot(Everything.factory);
    expect(0, unset.getInt32List().size());
    expect(0, unset.getStructList().size());
    expect(-123, builder.getInt8Field());
  }

  private static Types.Defaults.Reader emptyDefaults() {
    ByteBuffer one = ByteBuffer.allocate(8).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    return new MessageReader(
            new ByteBuffer[] {one}, org.capnproto.ReaderOptions.DEFAULT_READER_OPTIONS)
        .getRoot(Types.Defaults.factory);
  }

  public static void constantsAreThoseOfTheSchema() {
    expect(-77, Types.NUMBER);
    expect(2.5, Types.INNER.getOne());
    expect("in const", Types.INNER.getSub().getDeep());
    expect(2, Types.INNERS.size());
    expect("s", Types.INNERS.get(1).getPair().getSecond());
    expect("a text", Types.WORDS);
    expect(3, Types.BYTES.size());
    expect(true, Types.FLAG);
    expect(Color.LIGHT_BLUE, Types.COLOR);
    expect(6.25, Types.REAL);
    expect(-1, Types.SMALL);
    expect(-1L, Types.LARGE);
    expect("c", Types.WORD_LISTS.get(1).get(1));
    expect(1, Types.Outer.INSIDE.getNumber());
    expect(-77, Types.Outer.QUALIFIED);
    expect(12, other.Imported.Remote.LIMIT);
    expect("constant", generated.Generics.BOXED.getValue());
  }

  public static byte[] buildBox() throws IOException {
    MessageBuilder message = new MessageBuilder();
    generated.Generics.Uses.Builder root = message.initRoot(generated.Generics.Uses.factory);
    var box = root.initText();
    box.initValue(4);
    box.setValue(Text.factory, new Text.Reader("word"));
    box.getNext();
    box.initSome().setNumber(5);
    box.getSome().setMember(Text.factory, new Text.Reader("some"));
    root.initList().initValue(2).set(1, (short) 3);
    return bytes(message);
  }

  public static void readBox(byte[] message) throws IOException {
    generated.Generics.Uses.Reader root =
        Serialize.read(ByteBuffer.wrap(message)).getRoot(generated.Generics.Uses.factory);
    expect("word", root.getText().getValue());
    expect(5, root.getText().getSome().getNumber());
    expect("some", root.getText().getSome().getMember());
    expect(3, root.getList().getValue().get(1));
  }
}
