package dev.segue.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.bytes.Loan;
import dev.segue.bytes.LoanPool;
import dev.segue.bytes.OffHeapPool;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.zenoh.Config;
import dev.segue.zenoh.ConsolidationMode;
import dev.segue.zenoh.Encoding;
import dev.segue.zenoh.GetOptions;
import dev.segue.zenoh.KeyExpr;
import dev.segue.zenoh.LivelinessToken;
import dev.segue.zenoh.Parameters;
import dev.segue.zenoh.PutOptions;
import dev.segue.zenoh.Querier;
import dev.segue.zenoh.Queryable;
import dev.segue.zenoh.QueryableOptions;
import dev.segue.zenoh.Replies;
import dev.segue.zenoh.Reply;
import dev.segue.zenoh.Sample;
import dev.segue.zenoh.SampleKind;
import dev.segue.zenoh.Session;
import dev.segue.zenoh.ShmPool;
import dev.segue.zenoh.Subscriber;
import dev.segue.zenoh.SubscriberOptions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries to and from zenoh-python, and tokens of liveliness. */
@Timeout(180)
@SuppressWarnings("try") // closes by hand
class ZenohPythonQueryTest {
  private static final KeyExpr OF_PYTHON = KeyExpr.of("interop/query/python");
  private static final KeyExpr OF_JAVA = KeyExpr.of("interop/query/java");
  private static final int SIZE = 1_000_003;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @BeforeAll
  static void needsPython() {
    boolean installed = PythonPeer.isInstalled();
    assertTrue(installed || System.getenv("CI") == null, "CI installs zenoh for python3");
    Assumptions.assumeTrue(installed, "skipped: python3 has no zenoh (.ci/requirements.txt)");
  }

  private static Session open(String lane) throws Exception {
    return Session.open(
        Config.isolated()
            .listen("tcp/127.0.0.1:0")
            .sharedMemory(lane.equals("shm"))
            .sharedMemoryForLargePayloads(false));
  }

  private static PythonPeer python(Session session, String role, String lane) throws Exception {
    return new PythonPeer("queries.py", List.of(session.locators().get(0), role, lane));
  }

  private static LoanPool pool(String lane) throws Exception {
    return lane.equals("shm") ? ShmPool.create(64 << 20) : new OffHeapPool(64 << 20);
  }

  /** Open, as its bytes are valid until it is closed. */
  private static Loan filled(LoanPool pool, int byteSize, int value) {
    Loan loan = pool.loan(byteSize);
    loan.segment().fill((byte) value);
    return loan;
  }

  private static long crc(SegmentedBytes bytes) {
    CRC32 crc = new CRC32();
    bytes.asByteBuffers().forEach(crc::update);
    return crc.getValue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"network", "shm"})
  void pythonAnswersWhatJavaAsks(String lane) throws Exception {
    try (Session session = open(lane);
        LoanPool pool = pool(lane);
        PythonPeer python = python(session, "answer", lane);
        Querier querier =
            session.declareQuerier(
                OF_PYTHON,
                GetOptions.defaults()
                    .consolidation(ConsolidationMode.NONE)
                    .timeout(PATIENCE)
                    .encoding(Encoding.IMAGE_PNG)
                    .attachment(SegmentedBytes.copyOfUtf8("from java")))) {
      assertEquals("ready", python.nextLine());
      assertTrue(querier.awaitMatchingQueryables(PATIENCE));
      try (Loan asked = filled(pool, 2_000_000, 9);
          Replies replies =
              querier.get(
                  Parameters.of("parts=3;delete;error"),
                  querier.options().payload(asked.handOver()))) {
        String expected = " image/png 2000000 " + crc(asked.handOver()) + " from java";
        for (int part = 0; part < 3; part++) {
          try (Reply reply = replies.receive(PATIENCE).orElseThrow()) {
            Sample sample = assertInstanceOf(Reply.Success.class, reply).sample();
            assertEquals(lane.equals("shm"), sample.isSharedMemory());
            assertEquals(OF_PYTHON, sample.keyExpr());
            assertEquals(Encoding.APPLICATION_CDR, sample.encoding());
            assertEquals(SIZE, sample.payloadByteSize());
            assertEquals(part, sample.payload().byteAt(SIZE - 1));
            assertEquals(part + expected, sample.attachment().orElseThrow().copyToUtf8String());
          }
        }
        try (Reply reply = replies.receive(PATIENCE).orElseThrow()) {
          Sample sample = assertInstanceOf(Reply.Success.class, reply).sample();
          assertEquals(SampleKind.DELETE, sample.kind());
        }
        try (Reply reply = replies.receive(PATIENCE).orElseThrow()) {
          Reply.Failure failure = assertInstanceOf(Reply.Failure.class, reply);
          assertEquals("no such thing", failure.payload().copyToUtf8String());
          assertEquals(Encoding.TEXT_PLAIN, failure.encoding());
        }
        assertTrue(replies.receive(PATIENCE).isEmpty());
        assertEquals(Replies.State.FINISHED, replies.state());
      }
      python.finish();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"network", "shm"})
  void javaAnswersWhatPythonAsks(String lane) throws Exception {
    try (Session session = open(lane);
        LoanPool pool = pool(lane);
        Queryable _ =
            session.declareQueryable(
                OF_JAVA,
                QueryableOptions.defaults().complete(true),
                query -> {
                  SegmentedBytes asked = query.payload().orElseThrow();
                  String with =
                      query.encoding().orElseThrow()
                          + " "
                          + asked.byteSize()
                          + " "
                          + query.attachment().orElseThrow().copyToUtf8String();
                  int parts = Integer.parseInt(query.parameters().value("parts").orElseThrow());
                  for (int part = 0; part < parts; part++) {
                    try (Loan loan = filled(pool, SIZE, part)) {
                      query.reply(
                          OF_JAVA,
                          loan.handOver(),
                          PutOptions.none()
                              .encoding(Encoding.APPLICATION_CBOR)
                              .attachment(SegmentedBytes.copyOfUtf8(part + " " + with)));
                    }
                  }
                  query.replyDel(OF_JAVA);
                  query.replyErr(SegmentedBytes.copyOfUtf8("oh no"), Encoding.TEXT_PLAIN);
                });
        PythonPeer python = python(session, "ask", lane)) {
      for (int part = 0; part < 3; part++) {
        try (Loan expected = filled(pool, SIZE, part)) {
          assertEquals(
              "SampleKind.PUT interop/query/java application/cbor "
                  + SIZE
                  + " "
                  + crc(expected.handOver())
                  + " "
                  + part
                  + " image/png 1048576 from python",
              python.nextLine());
        }
      }
      assertTrue(python.nextLine().startsWith("SampleKind.DELETE interop/query/java "));
      assertEquals("error text/plain oh no", python.nextLine());
      assertEquals("end", python.nextLine());
      python.finish();
    }
  }

  @Test
  void eachSideLearnsWhoIsThereOnTheOther() throws Exception {
    KeyExpr mine = KeyExpr.of("interop/alive/java/1");
    KeyExpr ofPython = KeyExpr.of("interop/alive/python");
    try (Session session = open("network");
        LivelinessToken token = session.liveliness().declareToken(mine);
        Subscriber subscriber =
            session.liveliness().declareSubscriber(ofPython, true, SubscriberOptions.defaults());
        PythonPeer python = python(session, "alive", "network")) {
      Set<String> first = new TreeSet<>(List.of(python.nextLine(), python.nextLine()));
      assertEquals(Set.of("ready", "SampleKind.PUT " + mine), first);
      try (Sample sample = subscriber.receive(PATIENCE).orElseThrow()) {
        assertEquals(SampleKind.PUT, sample.kind());
      }
      try (Replies replies = session.liveliness().get(KeyExpr.of("interop/alive/**"), PATIENCE)) {
        List<String> keys =
            replies.stream()
                .map(reply -> assertInstanceOf(Reply.Success.class, reply).sample())
                .map(sample -> sample.keyExpr().toString())
                .sorted()
                .toList();
        assertEquals(List.of(mine.toString(), ofPython.toString()), keys);
      }
      token.close();
      assertEquals("SampleKind.DELETE " + mine, python.nextLine());
      python.say("go on");
      assertEquals("tokens " + ofPython, python.nextLine());
      assertEquals("undeclared", python.nextLine());
      try (Sample sample = subscriber.receive(PATIENCE).orElseThrow()) {
        assertEquals(SampleKind.DELETE, sample.kind());
      }
      assertFalse(subscriber.isClosed());
      python.finish();
    }
  }
}
