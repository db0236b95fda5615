package dev.segue.objectstore.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.segue.testkit.ChildProcess;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A process that a signal stops for longer than its requests may take. */
@Timeout(60)
@EnabledOnOs({OS.LINUX, OS.MAC})
class StoppedProcessTest {
  private static final Duration LIMIT = Duration.ofSeconds(2);
  private static final int REQUEST_COUNT = 8;

  @Test
  void whatItsServerSentMeanwhileIsRead() throws Exception {
    CountDownLatch asked = new CountDownLatch(REQUEST_COUNT);
    CountDownLatch stopped = new CountDownLatch(1);
    CountDownLatch sent = new CountDownLatch(REQUEST_COUNT);
    try (ScriptedServer server =
            new ScriptedServer(
                (_, _, socket) -> {
                  asked.countDown();
                  stopped.await();
                  ScriptedServer.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
                  sent.countDown();
                });
        ChildProcess child =
            new ChildProcess(
                new ProcessBuilder(
                    ChildProcess.java(StoppedProcessTest.class, server.uri().toString())))) {
      assertTrue(asked.await(30, TimeUnit.SECONDS));
      child.stop();
      stopped.countDown();
      assertTrue(sent.await(30, TimeUnit.SECONDS));
      Thread.sleep(LIMIT.multipliedBy(2));
      child.goOn();
      for (int i = 0; i < REQUEST_COUNT; i++) {
        assertEquals("null", child.line("failure: "));
      }
    }
  }

  /** The process: it asks {@code URI}, and says how that ended. */
  public static void main(String[] arguments) throws Exception {
    URI uri = URI.create(arguments[0]);
    WatchdogThreadTest.Settings settings =
        new WatchdogThreadTest.Settings().stallTimeout(LIMIT).attemptTimeout(LIMIT);
    try (HttpEngine engine = new HttpEngine(settings)) {
      List<HttpExchange> all = new ArrayList<>();
      for (int i = 0; i < REQUEST_COUNT; i++) {
        all.add(engine.execute(new WatchdogThreadTest.Get(uri, new AtomicReference<>())));
      }
      for (HttpExchange each : all) {
        Throwable failure = each.done().handle((_, fault) -> fault).get();
        System.out.println("failure: " + failure);
      }
    }
  }
}
