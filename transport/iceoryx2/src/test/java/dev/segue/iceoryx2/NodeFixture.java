package dev.segue.iceoryx2;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A node of each test's own, which leaves nothing behind. */
abstract class NodeFixture {
  String prefix = "";
  Node node;

  @BeforeEach
  void open() throws IceoryxException {
    prefix = Nodes.newPrefix();
    node = Nodes.create(prefix);
  }

  @AfterEach
  void close() throws IOException {
    node.close();
    Nodes.assertNothingLeft(prefix);
  }
}
