package dev.segue.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FairThreadsTest {
  @Test
  void addressesTakeTurns() throws Exception {
    InetAddress busy = InetAddress.getByName("10.0.0.1");
    InetAddress other = InetAddress.getByName("10.0.0.2");
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch blocked = new CountDownLatch(1);
    CountDownLatch all = new CountDownLatch(52);
    try (FairThreads threads = new FairThreads(1, "fair")) {
      threads
          .of(busy)
          .execute(
              () -> {
                try {
                  blocked.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      for (int i = 0; i < 50; i++) {
        threads.of(busy).execute(() -> note(order, "busy", all));
      }
      threads.of(other).execute(() -> note(order, "other", all));
      threads.of(other).execute(() -> note(order, "other", all));
      blocked.countDown();
      assertTrue(all.await(20, TimeUnit.SECONDS));
      assertTrue(order.indexOf("other") <= 1, order.toString());
      assertTrue(order.lastIndexOf("other") <= 3, order.toString());
    }
  }

  /** There may be no thread in place of one that ends. */
  @Test
  void workThatFailsEndsNoThread() throws Exception {
    InetAddress client = InetAddress.getLoopbackAddress();
    CompletableFuture<Thread> first = new CompletableFuture<>();
    CompletableFuture<Thread> next = new CompletableFuture<>();
    try (FairThreads threads = new FairThreads(1, "fair")) {
      threads
          .of(client)
          .execute(
              () -> {
                first.complete(Thread.currentThread());
                throw new IllegalStateException("as a test wants it");
              });
      threads.of(client).execute(() -> next.complete(Thread.currentThread()));
      assertEquals(first.get(20, TimeUnit.SECONDS), next.get(20, TimeUnit.SECONDS));
    }
  }

  private static void note(List<String> order, String name, CountDownLatch all) {
    order.add(name);
    all.countDown();
  }

  @Test
  void whatWaitsAtTheEndRunsAndNothingIsTakenAfterIt() throws Exception {
    InetAddress client = InetAddress.getLoopbackAddress();
    FairThreads threads = new FairThreads(1, "fair");
    CountDownLatch begun = new CountDownLatch(1);
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    threads
        .of(client)
        .execute(
            () -> {
              begun.countDown();
              try {
                Thread.sleep(60_000);
              } catch (InterruptedException e) {
                order.add("interrupted");
              }
            });
    assertTrue(begun.await(20, TimeUnit.SECONDS));
    threads.of(client).execute(() -> order.add("waited"));
    threads.close();
    assertEquals(List.of("interrupted", "waited"), order);
    assertThrows(
        RejectedExecutionException.class, () -> threads.of(client).execute(() -> order.add("no")));
    // Nor kept for later, when whoever gave it has let go of what it needs.
    threads.close();
    assertEquals(List.of("interrupted", "waited"), order);
  }
}
