# Names of generated Java classes.
@0xc5f1af96651f70ea;

annotation package @0x9ee4c8f803b3b596 (file) :Text;
# Name of the package, such as "org.example.foo", in which the generated code resides.

annotation outerClassname @0x9b066bb4881f7cd3 (file) :Text;
# Name of the outer class that wraps the generated code.
