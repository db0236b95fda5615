package dev.segue.cli.store;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A small S3 server in which a test may change something before and after each request. */
final class RacingS3 implements AutoCloseable {
  private static final Pattern OBJECT = Pattern.compile("<Object>.*?</Object>", Pattern.DOTALL);
  private static final Pattern KEY = Pattern.compile("<Key>(.*?)</Key>");
  private static final Pattern ETAG =
      Pattern.compile("<ETag>(?:&quot;|\")(.*?)(?:&quot;|\")</ETag>");

  private static final String MARK = "x-amz-meta-segue-write";

  /** What happens around a request such as {@code HEAD a/k}; a fault of it loses the answer. */
  interface Step {
    void run(String request) throws IOException;
  }

  /** An object; its ETag is that of its bytes, so that it says nothing of when they came. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Stored(byte[] bytes, Instant modified) {
    String etag() {
      try {
        byte[] md5 = MessageDigest.getInstance("MD5").digest(bytes);
        return "\"" + HexFormat.of().formatHex(md5) + "\"";
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private record Answer(int status, String body) {}

  /** The word of who wrote an object on a condition, by bucket and key. */
  private final Map<String, String> marks = new ConcurrentHashMap<>();

  /** The parts of uploads, and their words, by id. */
  private final Map<String, ConcurrentSkipListMap<Integer, byte[]>> uploads =
      new ConcurrentHashMap<>();

  private final Map<String, String> uploadMarks = new ConcurrentHashMap<>();

  /** By bucket and key. */
  private final ConcurrentSkipListMap<String, Stored> objects = new ConcurrentSkipListMap<>();

  /** Further names of buckets, as access points are. */
  final Map<String, String> aliases = new ConcurrentHashMap<>();

  final List<String> asked = new CopyOnWriteArrayList<>();
  private final HttpServer server;
  volatile Step before = request -> {};
  volatile Step after = request -> {};

  /** What it refuses to delete, by bucket and key. */
  final Set<String> locked = ConcurrentHashMap.newKeySet();

  /** Whether it knows conditional deletions; servers that don't, pass them over. */
  volatile boolean deletesOnConditions = true;

  /** Whether its listings have ETags. */
  volatile boolean listsEtags = true;

  RacingS3() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::serve);
    server.start();
  }

  /** A location, such as {@code a/k} or {@code a/folder/}. */
  String at(String place) {
    return "s3://"
        + place
        + "?anonymous&endpoint=http://127.0.0.1:"
        + server.getAddress().getPort();
  }

  void put(String place, String text) {
    put(place, text, Instant.now());
  }

  /** Another one writes the same bytes. */
  void replace(String place) {
    marks.remove(place);
  }

  int uploadCount() {
    return uploads.size();
  }

  void put(String place, String text, Instant modified) {
    put(place, text.getBytes(StandardCharsets.UTF_8), modified);
  }

  private Stored put(String place, byte[] bytes, Instant modified) {
    Stored stored = new Stored(bytes, modified.truncatedTo(ChronoUnit.SECONDS));
    objects.put(place, stored);
    return stored;
  }

  /** Empty if there is no such object. */
  String text(String place) {
    Stored there = objects.get(place);
    return there == null ? "" : new String(there.bytes(), StandardCharsets.UTF_8);
  }

  private String place(String text) {
    String[] names = text.split("/", 2);
    String bucket = aliases.getOrDefault(names[0], names[0]);
    return names.length < 2 ? bucket + "/" : bucket + "/" + names[1];
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String path = exchange.getRequestURI().getPath().substring(1);
      String query = String.valueOf(exchange.getRequestURI().getQuery());
      String source = exchange.getRequestHeaders().getFirst("x-amz-copy-source");
      String method =
          source != null
              ? "COPY"
              : query.contains("list-type") ? "LIST" : exchange.getRequestMethod();
      String request = method + " " + path;
      method = query.contains("upload") ? "UPLOAD" : method;
      asked.add(request);
      before.run(request);
      Answer answer = answer(exchange, method, path, query, body);
      after.run(request);
      byte[] bytes = answer.body().getBytes(StandardCharsets.ISO_8859_1);
      boolean isBodyless = method.equals("HEAD") || answer.status() == 204 || bytes.length == 0;
      exchange.sendResponseHeaders(answer.status(), isBodyless ? -1 : bytes.length);
      if (!isBodyless) {
        exchange.getResponseBody().write(bytes);
      }
    }
  }

  private static Answer error(int status, String code) {
    return new Answer(status, "<Error><Code>" + code + "</Code><Message>m</Message></Error>");
  }

  private Answer answer(
      HttpExchange exchange, String method, String path, String query, byte[] body) {
    String place = place(path);
    String match = exchange.getRequestHeaders().getFirst("If-Match");
    return switch (method) {
      case "LIST" -> list(place, query);
      case "UPLOAD" -> upload(exchange, exchange.getRequestMethod(), place, query, body);
      case "HEAD", "GET" -> get(exchange, place);
      case "COPY" -> copy(exchange, place);
      case "PUT" -> {
        Stored stored = put(place, body, Instant.now());
        exchange.getResponseHeaders().set("ETag", stored.etag());
        yield new Answer(200, "");
      }
      case "POST" -> deleteAll(place, new String(body, StandardCharsets.UTF_8));
      case "DELETE" -> {
        Stored there = objects.get(place);
        if (match != null && deletesOnConditions) {
          if (there == null) {
            yield error(404, "NoSuchKey");
          }
          if (!match.equals(there.etag())) {
            yield error(412, "PreconditionFailed");
          }
        }
        objects.remove(place);
        yield new Answer(204, "");
      }
      default -> error(405, "MethodNotAllowed");
    };
  }

  private Answer upload(
      HttpExchange exchange, String method, String place, String query, byte[] body) {
    String id = query.replaceAll(".*uploadId=", "").replaceAll("&.*", "");
    if (query.startsWith("uploads")) {
      String begun = "u" + uploads.size();
      uploads.put(begun, new ConcurrentSkipListMap<>());
      String mark = exchange.getRequestHeaders().getFirst(MARK);
      uploadMarks.put(begun, mark == null ? "none" : mark);
      return new Answer(
          200,
          "<InitiateMultipartUploadResult><UploadId>"
              + begun
              + "</UploadId></InitiateMultipartUploadResult>");
    }
    ConcurrentSkipListMap<Integer, byte[]> parts = uploads.get(id);
    if (parts == null) {
      return error(404, "NoSuchUpload");
    }
    return switch (method) {
      case "PUT" -> {
        String number = query.replaceAll(".*partNumber=", "").replaceAll("&.*", "");
        parts.put(Integer.valueOf(number), body);
        exchange.getResponseHeaders().set("ETag", "\"p\"");
        yield new Answer(200, "");
      }
      case "GET" -> {
        StringBuilder listed = new StringBuilder();
        parts.forEach(
            (number, part) ->
                listed.append(
                    "<Part><PartNumber>%d</PartNumber><ETag>\"p\"</ETag><Size>%d</Size></Part>"
                        .formatted(number, part.length)));
        yield new Answer(
            200,
            "<ListPartsResult><IsTruncated>false</IsTruncated>" + listed + "</ListPartsResult>");
      }
      case "DELETE" -> {
        uploads.remove(id);
        yield new Answer(204, "");
      }
      default -> {
        boolean isConditional = exchange.getRequestHeaders().getFirst("If-None-Match") != null;
        if (isConditional && objects.containsKey(place)) {
          yield error(412, "PreconditionFailed");
        }
        uploads.remove(id);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        parts.values().forEach(all::writeBytes);
        Stored stored = put(place, all.toByteArray(), Instant.now());
        marks.put(place, String.valueOf(uploadMarks.get(id)));
        yield new Answer(
            200,
            "<CompleteMultipartUploadResult><ETag>"
                + stored.etag()
                + "</ETag></CompleteMultipartUploadResult>");
      }
    };
  }

  private Answer get(HttpExchange exchange, String place) {
    Stored there = objects.get(place);
    if (there == null) {
      return error(404, "NoSuchKey");
    }
    String match = exchange.getRequestHeaders().getFirst("If-Match");
    if (match != null && !match.equals(there.etag())) {
      return error(412, "PreconditionFailed");
    }
    var head = exchange.getResponseHeaders();
    head.set("ETag", there.etag());
    head.set(MARK, marks.getOrDefault(place, "none"));
    head.set(
        "Last-Modified",
        DateTimeFormatter.RFC_1123_DATE_TIME.format(there.modified().atOffset(ZoneOffset.UTC)));
    head.set("Content-Length", Integer.toString(there.bytes().length));
    String range = exchange.getRequestHeaders().getFirst("Range");
    if (range != null) {
      int last = there.bytes().length - 1;
      head.set("Content-Range", "bytes 0-" + last + "/" + there.bytes().length);
    }
    return new Answer(
        range == null ? 200 : 206, new String(there.bytes(), StandardCharsets.ISO_8859_1));
  }

  private Answer copy(HttpExchange exchange, String to) {
    var fields = exchange.getRequestHeaders();
    String source = URLDecoder.decode(fields.getFirst("x-amz-copy-source"), StandardCharsets.UTF_8);
    String from = place(source);
    Stored there = objects.get(from);
    String match = fields.getFirst("x-amz-copy-source-if-match");
    if (there == null) {
      return error(404, "NoSuchKey");
    }
    if (match != null && !match.equals(there.etag())) {
      return error(412, "PreconditionFailed");
    }
    if (from.equals(to)) {
      return error(400, "InvalidRequest");
    }
    Stored copy = put(to, there.bytes(), Instant.now());
    return new Answer(200, "<CopyObjectResult><ETag>" + copy.etag() + "</ETag></CopyObjectResult>");
  }

  private Answer deleteAll(String bucket, String body) {
    StringBuilder deleted = new StringBuilder("<DeleteResult>");
    Matcher each = OBJECT.matcher(body);
    while (each.find()) {
      Matcher key = KEY.matcher(each.group());
      if (key.find()) {
        if (locked.contains(bucket + key.group(1))) {
          deleted
              .append("<Error><Key>")
              .append(key.group(1))
              .append("</Key><Code>AccessDenied</Code><Message>m</Message></Error>");
          continue;
        }
        Matcher etag = ETAG.matcher(each.group());
        Stored there = objects.get(bucket + key.group(1));
        if (deletesOnConditions
            && there != null
            && etag.find()
            && !there.etag().equals("\"" + etag.group(1) + "\"")) {
          deleted
              .append("<Error><Key>")
              .append(key.group(1))
              .append("</Key><Code>PreconditionFailed</Code><Message>m</Message></Error>");
          continue;
        }
        objects.remove(bucket + key.group(1));
        deleted.append("<Deleted><Key>").append(key.group(1)).append("</Key></Deleted>");
      }
    }
    return new Answer(200, deleted.append("</DeleteResult>").toString());
  }

  private Answer list(String bucket, String query) {
    Matcher given = Pattern.compile("(?:^|&)prefix=([^&]*)").matcher(query);
    String prefix = bucket + (given.find() ? given.group(1) : "");
    StringBuilder listed = new StringBuilder("<ListBucketResult><IsTruncated>false</IsTruncated>");
    objects.forEach(
        (place, stored) -> {
          if (place.startsWith(prefix)) {
            listed
                .append("<Contents><Key>")
                .append(place.substring(bucket.length()))
                .append("</Key><Size>")
                .append(stored.bytes().length)
                .append("</Size>")
                .append(listsEtags ? "<ETag>" + stored.etag() + "</ETag>" : "")
                .append("<LastModified>")
                .append(stored.modified())
                .append("</LastModified></Contents>");
          }
        });
    return new Answer(200, listed.append("</ListBucketResult>").toString());
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
