@0xb6f2c3a1d4e59004;
# Interfaces have no runtime in Java, and a request all the same.

interface Base(T) {
  # A base.
  get @0 () -> (value :T);
  # Gets.
  put @1 (value :T, count :Int32 = 5, words :Text = "w", none :Text = null);
}

struct Request { text @0 :Text; }
struct Generic(T) { value @0 :T; }

interface Service extends(Base(Text), Other) {
  call @0 Request -> Request;
  both @2 (a :Int32, b :Bool, c :Request = (text = "d")) -> (d :List(Text), e :Service);
  nothing @1 ();
  generic @3 [T, U] (in :T, out :Generic(U)) -> (result :Generic(T));
  named @4 [T] Generic(T) -> Generic(T);
  write @5 (bytes :Data) -> stream;
  struct Inside { x @0 :Int32; }
  const limit :Int32 = 3;
}

interface Other {}

struct Holder {
  service @0 :Service;
  services @1 :List(Service);
  base @2 :Base(Request);
  capability @3 :Capability;
  number @4 :Int32;
}
