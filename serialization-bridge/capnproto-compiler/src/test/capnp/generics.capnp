@0xb6f2c3a1d4e59003;

using Types = import "types.capnp";

struct Box(T) {
  value @0 :T;
  next @1 :Box(T);
  texts @2 :Box(Text);
  anything @3 :Box;

  struct Inner {
    value @0 :T;
    box @1 :Box(T);
    count @2 :Int32;
  }
  struct Pair(U, V) {
    first @0 :U;
    second @1 :V;
    own @2 :T;
    same @3 :Pair(V, U);
  }
  inner @4 :Inner;
  pair @5 :Pair(Text, Data);
  some :group {
    member @6 :T;
    number @7 :Int32;
  }
  union {
    left @8 :T;
    right @9 :List(Int32);
  }
  alias @10 :Same;
  using Same = Box(T).Inner;
}

struct Uses {
  text @0 :Box(Text) = (value = "bound", some = (member = "m", number = 3), right = [1, 2]);
  list @1 :Box(List(Int16)) = (value = [1, 2, 3]);
  inner @2 :Box(Data).Inner;
  pair @3 :Box(Types.Everything).Pair(Text, Box(Data));
  unbound @4 :Box;
  aliased @5 :TextBox;
  partial @6 :DataBox.Inner;
  boxes @7 :List(Box(Text));
  nested @8 :List(List(Box(Text)));
  plain @9 :List(Types.Color);
  imported @10 :Types.Outer.Nested;

  using TextBox = Box(Text);
  using DataBox = Box(Data);
}

using Types.Everything;

struct Aliased {
  everything @0 :Everything;
}

const boxed :Box(Text) = (value = "constant");

annotation generic(struct) :Text;
struct Annotated $generic("yes") {}
