package dev.segue.objectstore.s3;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.spi.StoreUri;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** A server whose answers a test makes up; it notes what it was asked. */
final class FakeS3 implements AutoCloseable {
  /** Answers one request; {@code request} is its method and query. */
  interface Answer {
    void to(HttpExchange exchange, String request) throws Exception;
  }

  /** What was asked. */
  record Asked(String request, String path, Map<String, List<String>> headers) {
    String header(String name) {
      return headers.entrySet().stream()
          .filter(each -> each.getKey().equalsIgnoreCase(name))
          .map(each -> each.getValue().getFirst())
          .findFirst()
          .orElse("");
    }
  }

  final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final HttpServer server;

  FakeS3(Answer answer) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", exchange -> serve(exchange, answer));
    server.start();
  }

  private void serve(HttpExchange exchange, Answer answer) throws IOException {
    try (exchange;
        InputStream body = exchange.getRequestBody()) {
      body.transferTo(OutputStream.nullOutputStream());
      String query = exchange.getRequestURI().getRawQuery();
      String request = exchange.getRequestMethod() + (query == null ? "" : " " + query);
      asked.add(
          new Asked(
              request,
              exchange.getRequestURI().getRawPath(),
              Map.copyOf(exchange.getRequestHeaders())));
      answer.to(exchange, request);
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** A store of bucket {@code b}, with further options such as {@code &region=x}. */
  S3Store open(String options, StoreSettings settings) throws IOException {
    return S3Store.open(
        StoreUri.parse("s3://b?endpoint=" + endpoint() + options),
        settings,
        S3Server.CREDENTIALS,
        null);
  }

  long count(String start) {
    return asked.stream().filter(each -> each.request().startsWith(start)).count();
  }

  static void send(HttpExchange exchange, int status, String body, String... headers)
      throws IOException {
    for (int i = 0; i < headers.length; i += 2) {
      exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
    }
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    if (bytes.length > 0) {
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
