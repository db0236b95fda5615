@0xb6f2c3a1d4e59006;

using Back = import "../annotations.capnp";

struct Remote {
  name @0 :Text;
  inner @1 :Inner;
  back @2 :Back.More;
  struct Inner { id @0 :UInt64; unused @1 :Unneeded; }
  enum Kind { first @0; second @1; }
  const limit :Int32 = 12;
}

struct Unneeded {}
struct NeverNamed {}
