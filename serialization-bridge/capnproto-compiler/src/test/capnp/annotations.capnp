@0xb6f2c3a1d4e59005;
# The file's comment,
# in two lines.
using Java = import "/capnp/java.capnp";
$Java.package("dev.segue.generated.annotated");
$Java.outerClassname("Annotations");
$onFile("x");

using Far = import "other/imported.capnp";
using import "other/imported.capnp".Remote;
using Renamed = Far.Remote.Inner;

annotation onFile(file) :Text;
annotation onAll @0xd8fd1a1d2d3c4b5a (*) :Int32;
annotation mark(struct, field, enum, enumerant, union, group, const, annotation, interface, method, param) :Void;
annotation complex(struct, field) :Remote;
annotation listed(field) :List(Text);

struct Marked @0xe5d3c2b1a0918273 $mark $onAll(7) $complex(name = "n", inner = (id = 5)) {
  field @0 :Text $mark $onAll(-1) $listed(["a", "b"]);
}

struct More {
  named :union $mark $onAll(1) {
    a @0 :Renamed;
    b @1 :Far.Remote;
  }
  grouped :group $mark {
    c @2 :import "other/imported.capnp".Remote.Kind = second;
  }
  embedded @3 :Text = embed "other/embedded.txt";
  embeddedData @4 :Data = embed "other/embedded.txt";
}

enum Kinds $mark { a @0 $mark; b @1 $onAll(2); }
const limit :Int32 = Far.Remote.limit $mark;
annotation onAnnotation @0xc1c2c3c4c5c6c7c8 (struct) :Void $mark;
interface Calls $mark { call @0 (a :Int32 $mark) -> (b :Int32) $mark; }
