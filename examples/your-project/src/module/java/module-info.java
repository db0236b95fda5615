/** The same program as a module. */
module com.example.yourproject {
  requires dev.segue.bytes;
  requires dev.segue.zenoh;
}
