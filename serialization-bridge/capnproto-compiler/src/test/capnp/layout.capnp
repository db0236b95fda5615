@0xb6f2c3a1d4e59002;

struct Holes {
  a @0 :Bool;
  b @1 :UInt32;
  c @2 :UInt8;
  d @3 :UInt16;
  e @4 :UInt64;
  f @5 :Bool;
  g @6 :UInt8;
  h @7 :UInt16;
  i @8 :Text;
  j @9 :Bool;
}

struct Unions {
  union {
    a @0 :UInt16;
    b @1 :UInt32;
    c @2 :Text;
  }
  before @3 :UInt64;
  named :union {
    d @4 :Bool;
    e @5 :UInt8;
    f @6 :Void;
    g @7 :List(Int32);
  }
  after @8 :Bool;
}

struct Groups {
  group1 :group {
    a @0 :UInt8;
    b @2 :UInt64;
  }
  x @1 :UInt16;
  group2 :group {
    c @3 :UInt8;
    deeper :group {
      d @4 :Text;
      e @5 :UInt32;
    }
  }
}

struct UnionOfGroups {
  union {
    foo :group {
      a @0 :Int32;
      b @2 :UInt8;
      c @4 :Int64;
    }
    bar :group {
      d @1 :Int64;
      e @3 :UInt16;
      f @5 :Text;
      g @7 :UInt8;
    }
    baz @6 :UInt8;
  }
  rest @8 :UInt32;
}

struct Interleaved {
  union1 :union {
    a @0 :UInt8;
    b @2 :UInt64;
    c @8 :Bool;
  }
  union2 :union {
    d @1 :UInt32;
    e @3 :UInt16;
    f @9 :Text;
  }
  union3 :union {
    g @4 :Bool;
    h @6 :UInt64;
  }
  i @5 :Bool;
  j @7 :UInt16;
}

struct Nested {
  outer :union {
    a @0 :UInt8;
    inner :union {
      b @1 :UInt16;
      c @2 :UInt64;
      innermost :union {
        d @3 :Text;
        e @4 :Bool;
      }
    }
    g :group {
      h @5 :UInt32;
      i :union {
        j @6 :UInt8;
        k @7 :Void;
      }
    }
  }
}

struct Retroactive {
  old @0 :UInt32;
  union {
    was @1 :UInt16;
    added @2 :Text;
  }
  numbered @4! :union {
    one @3 :UInt8;
    two @5 :UInt8;
    three @6 :UInt64;
  }
}

struct Voids {
  union {
    a @0 :Void;
    b @1 :Void;
  }
  c :union {
    d :group { e @2 :Void; f @3 :Void; }
    g @4 :Void;
  }
}

struct Order {
  second @1 :UInt8;
  g :group {
    fourth @3 :Text;
    third @2 :Text;
  }
  union {
    sixth @5 :Bool;
    fifth @4 :Bool;
  }
  first @0 :UInt8;
}
