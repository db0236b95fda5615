@0xb6f2c3a1d4e59001;
# Every kind of field, with and without a default.

struct Everything {
  # A struct with everything.
  #
  #   Indented <b>text</b> & more */ @here \u0041.

  voidField @0 :Void;
  boolField @1 :Bool;  # beside the field
  int8Field @2 :Int8;
  int16Field @3 :Int16;
  int32Field @4 :Int32;
  int64Field @5 :Int64;
  uInt8Field @6 :UInt8;
  uInt16Field @7 :UInt16;
  uInt32Field @8 :UInt32;
  uInt64Field @9 :UInt64;
  float32Field @10 :Float32;
  float64Field @11 :Float64;
  textField @12 :Text;
  dataField @13 :Data;
  structField @14 :Everything;
  enumField @15 :Color;

  voidList @16 :List(Void);
  boolList @17 :List(Bool);
  int8List @18 :List(Int8);
  int16List @19 :List(Int16);
  int32List @20 :List(Int32);
  int64List @21 :List(Int64);
  uInt8List @22 :List(UInt8);
  uInt16List @23 :List(UInt16);
  uInt32List @24 :List(UInt32);
  uInt64List @25 :List(UInt64);
  float32List @26 :List(Float32);
  float64List @27 :List(Float64);
  textList @28 :List(Text);
  dataList @29 :List(Data);
  structList @30 :List(Everything);
  enumList @31 :List(Color);
  listList @32 :List(List(Int32));
  textListList @33 :List(List(Text));
  structListList @34 :List(List(Everything));
  enumListList @35 :List(List(List(Color)));
  any @36 :AnyPointer;
  anyStruct @37 :AnyStruct;
  anyList @38 :AnyList;
  capability @39 :Capability;
  anyListList @40 :List(AnyList);
  class @41 :Int32;
}

enum Color {
  # Colors of light.
  red @0;
  # the first
  lightBlue @2;
  green @1;  # the second
}

struct Defaults {
  boolField @0 :Bool = true;
  int8Field @1 :Int8 = -123;
  int16Field @2 :Int16 = -12345;
  int32Field @3 :Int32 = -12345678;
  int64Field @4 :Int64 = -123456789012345;
  uInt8Field @5 :UInt8 = 234;
  uInt16Field @6 :UInt16 = 45678;
  uInt32Field @7 :UInt32 = 3456789012;
  uInt64Field @8 :UInt64 = 12345678901234567890;
  float32Field @9 :Float32 = 1234.5;
  float64Field @10 :Float64 = -123e45;
  textField @11 :Text = "foo\n\x41\"\\\0end" " and more";
  dataField @12 :Data = 0x"62 6172ff";
  textData @13 :Data = "bytes\xff";
  enumField @14 :Color = green;
  structField @15 :Inner = (number = 7, words = "inner", flag = false, list = [1, 2, 3], sub = (deep = "x"));
  boolList @16 :List(Bool) = [true, false, true, true, false, false, false, true, true];
  int8List @17 :List(Int8) = [-128, 127, 0];
  int32List @18 :List(Int32) = [0x10, 010, -5];
  float32List @19 :List(Float32) = [1, 2.5, -inf, inf, nan, 1e10];
  textList @20 :List(Text) = ["plugh", "", "xyzzy"];
  dataList @21 :List(Data) = ["a", 0x"00"];
  structList @22 :List(Inner) = [(number = 1), (words = "two"), ()];
  enumList @23 :List(Color) = [lightBlue, red];
  listList @24 :List(List(UInt16)) = [[1], [], [2, 3]];
  emptyText @25 :Text = "";
  emptyList @26 :List(Int64) = [];
  emptyStruct @27 :Inner = ();
  voidField @28 :Void = void;
  voidList @29 :List(Void) = [void, void];
  infinity @30 :Float64 = inf;
  negative @31 :Float32 = -inf;
  notANumber @32 :Float32 = nan;
  whole @33 :Float32 = 16777217;
  fromConst @34 :Int32 = .number;
  structFromConst @35 :Inner = .inner;
  zero @36 :UInt32 = 0;
  falseDefault @37 :Bool = false;
  negativeZero @38 :Float64 = -0.0;
  big @39 :Float32 = 18446744073709551615;
}

struct Inner {
  number @0 :Int32 = 42;
  words @1 :Text = "default";
  flag @2 :Bool = true;
  list @3 :List(Int16);
  union {
    none @4 :Void;
    one @5 :Float64;
    pair :group {
      first @6 :UInt8 = 9;
      second @7 :Text;
    }
  }
  sub :group {
    deep @8 :Text;
    deeper :union {
      a @9 :Int64;
      b @10 :Bool = true;
    }
  }
}

struct Empty {}

const number :Int32 = -77;
const inner :Inner = (number = .number, one = 2.5, sub = (deep = "in const", deeper = (b = false)));
const inners :List(Inner) = [.inner, (pair = (first = 3, second = "s"))];
const words :Text = "a text";
const bytes :Data = 0x"000102";
const flag :Bool = true;
const color :Color = lightBlue;
const nothing :Void = void;
const real :Float64 = 6.25;
const small :UInt8 = 255;
const large :UInt64 = 0xffffffffffffffff;
const single :Float32 = .large;
const wordLists :List(List(Text)) = [["a"], ["b", "c"]];
const anything :AnyPointer = .inner;

struct Outer {
  const inside :Inner = (number = 1);
  struct Nested {
    enum Deep { x @0; y @1; }
    deep @0 :Deep = y;
    up @1 :Outer;
  }
  nested @0 :Nested;
  list @1 :List(Nested.Deep) = [x, y];
  const qualified :Int32 = .number;
}
