package dev.segue.objectstore.s3;

import dev.segue.objectstore.checksum.Crc;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** As much of S3 as a store asks of it, in memory; it checks what it is sent. */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
final class MemoryS3 {
  private static final int PAGE = 7;
  private static final Pattern PART = Pattern.compile("<Part>.*?</Part>", Pattern.DOTALL);
  private static final Pattern NUMBER = Pattern.compile("<PartNumber>(\\d+)</PartNumber>");
  private static final Pattern ETAG =
      Pattern.compile("<ETag>(?:&quot;|\")(.*?)(?:&quot;|\")</ETag>");
  private static final Pattern KEY = Pattern.compile("<Key>(.*?)</Key>");

  /** One request. */
  record Request(
      String method,
      String path,
      Map<String, String> query,
      Map<String, String> fields,
      byte[] body) {
    String key() {
      String[] names = path.split("/", 3);
      return names.length < 3 ? "" : URLDecoder.decode(names[2], StandardCharsets.UTF_8);
    }

    boolean isListing() {
      return method.equals("GET") && query.containsKey("list-type");
    }

    String field(String name) {
      return fields.getOrDefault(name, "");
    }
  }

  /** One answer; its body is sent to all but HEAD. */
  record Response(int status, Map<String, String> fields, byte[] body) {
    static Response of(int status, String body) {
      return new Response(status, new LinkedHashMap<>(), body.getBytes(StandardCharsets.UTF_8));
    }

    Response with(String name, String value) {
      Map<String, String> more = new LinkedHashMap<>(fields);
      more.put(name, value);
      return new Response(status, more, body);
    }
  }

  /** An object or a part. */
  record Stored(byte[] bytes, String etag, long crc) {
    static Stored of(byte[] bytes, String etag) {
      return new Stored(bytes, etag, Crc.CRC32C.of(ByteBuffer.wrap(bytes)));
    }
  }

  final ConcurrentSkipListMap<String, Stored> objects = new ConcurrentSkipListMap<>();
  private final Map<String, TreeMap<Integer, Stored>> uploads = new HashMap<>();
  private final AtomicInteger names = new AtomicInteger();

  private static Response error(int status, String code) {
    return Response.of(status, "<Error><Code>" + code + "</Code><Message>m</Message></Error>");
  }

  private String newTag() {
    return "\"%08x\"".formatted(names.incrementAndGet());
  }

  synchronized Response answer(Request request) {
    Map<String, String> query = request.query();
    return switch (request.method()) {
      case "GET" -> {
        if (request.isListing()) {
          yield list(query);
        }
        yield query.containsKey("uploadId") ? parts(query.get("uploadId")) : get(request);
      }
      case "HEAD" -> get(request);
      case "PUT" -> put(request);
      case "POST" -> {
        if (query.containsKey("uploads")) {
          yield begin();
        }
        yield query.containsKey("delete") ? delete(request) : complete(request);
      }
      case "DELETE" -> {
        if (query.containsKey("uploadId")) {
          yield uploads.remove(query.get("uploadId")) == null
              ? error(404, "NoSuchUpload")
              : Response.of(204, "");
        }
        objects.remove(request.key());
        yield Response.of(204, "");
      }
      default -> error(405, "MethodNotAllowed");
    };
  }

  private Response get(Request request) {
    Stored stored = objects.get(request.key());
    if (stored == null) {
      return error(404, "NoSuchKey");
    }
    String match = request.field("if-match");
    if (!match.isEmpty() && !match.equals(stored.etag())) {
      return error(412, "PreconditionFailed");
    }
    byte[] bytes = stored.bytes();
    Response whole =
        new Response(200, new LinkedHashMap<>(), bytes)
            .with("ETag", stored.etag())
            .with("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
    if (request.field("x-amz-checksum-mode").equalsIgnoreCase("ENABLED")) {
      whole = whole.with("x-amz-checksum-crc32c", Crc.CRC32C.base64(stored.crc()));
    }
    String range = request.field("range");
    if (range.isEmpty()) {
      return whole;
    }
    String[] ends = range.substring("bytes=".length()).split("-", 2);
    int first = Integer.parseInt(ends[0]);
    int last = (int) Math.min(Long.parseLong(ends[1]), bytes.length - 1L);
    if (first >= bytes.length) {
      return error(416, "InvalidRange");
    }
    return new Response(206, whole.fields(), java.util.Arrays.copyOfRange(bytes, first, last + 1))
        .with("Content-Range", "bytes " + first + "-" + last + "/" + bytes.length);
  }

  private static @Nullable String wrongChecksum(Request request, Stored stored) {
    String crc = request.field("x-amz-checksum-crc32c");
    return crc.isEmpty() || crc.equals(Crc.CRC32C.base64(stored.crc())) ? null : crc;
  }

  private Response put(Request request) {
    String source = request.field("x-amz-copy-source");
    if (!source.isEmpty()) {
      String[] names = URLDecoder.decode(source, StandardCharsets.UTF_8).split("/", 2);
      Stored from = objects.get(names[1]);
      if (from == null) {
        return error(404, "NoSuchKey");
      }
      Stored copy = new Stored(from.bytes(), newTag(), from.crc());
      objects.put(request.key(), copy);
      return Response.of(
          200, "<CopyObjectResult><ETag>" + copy.etag() + "</ETag></CopyObjectResult>");
    }
    Stored stored = Stored.of(request.body(), newTag());
    if (wrongChecksum(request, stored) != null) {
      return error(400, "BadDigest");
    }
    if (request.query().containsKey("uploadId")) {
      TreeMap<Integer, Stored> parts = uploads.get(request.query().get("uploadId"));
      if (parts == null) {
        return error(404, "NoSuchUpload");
      }
      parts.put(Integer.parseInt(request.query().get("partNumber")), stored);
    } else {
      objects.put(request.key(), stored);
    }
    return Response.of(200, "").with("ETag", stored.etag());
  }

  private Response begin() {
    String id = "u" + names.incrementAndGet();
    uploads.put(id, new TreeMap<>());
    return Response.of(
        200,
        "<InitiateMultipartUploadResult><UploadId>"
            + id
            + "</UploadId></InitiateMultipartUploadResult>");
  }

  private Response parts(String id) {
    TreeMap<Integer, Stored> parts = uploads.get(id);
    if (parts == null) {
      return error(404, "NoSuchUpload");
    }
    StringBuilder listed = new StringBuilder("<ListPartsResult><IsTruncated>false</IsTruncated>");
    parts.forEach(
        (number, part) ->
            listed
                .append("<Part><PartNumber>")
                .append(number)
                .append("</PartNumber><ETag>")
                .append(part.etag())
                .append("</ETag><Size>")
                .append(part.bytes().length)
                .append("</Size></Part>"));
    return Response.of(200, listed.append("</ListPartsResult>").toString());
  }

  private Response complete(Request request) {
    TreeMap<Integer, Stored> parts = uploads.get(request.query().getOrDefault("uploadId", ""));
    if (parts == null) {
      return error(404, "NoSuchUpload");
    }
    List<byte[]> chosen = new ArrayList<>();
    Matcher each = PART.matcher(new String(request.body(), StandardCharsets.UTF_8));
    while (each.find()) {
      Matcher number = NUMBER.matcher(each.group());
      Matcher etag = ETAG.matcher(each.group());
      Stored part = number.find() ? parts.get(Integer.valueOf(number.group(1))) : null;
      if (part == null || !etag.find() || !part.etag().equals("\"" + etag.group(1) + "\"")) {
        return error(400, "InvalidPart");
      }
      chosen.add(part.bytes());
    }
    int byteSize = chosen.stream().mapToInt(bytes -> bytes.length).sum();
    ByteBuffer all = ByteBuffer.allocate(byteSize);
    chosen.forEach(all::put);
    Stored stored = Stored.of(all.array(), newTag());
    uploads.remove(request.query().get("uploadId"));
    objects.put(request.key(), stored);
    return Response.of(
        200,
        "<CompleteMultipartUploadResult><ETag>"
            + stored.etag()
            + "</ETag></CompleteMultipartUploadResult>");
  }

  private Response delete(Request request) {
    StringBuilder deleted = new StringBuilder("<DeleteResult>");
    Matcher each = KEY.matcher(new String(request.body(), StandardCharsets.UTF_8));
    while (each.find()) {
      objects.remove(each.group(1));
      deleted.append("<Deleted><Key>").append(each.group(1)).append("</Key></Deleted>");
    }
    return Response.of(200, deleted.append("</DeleteResult>").toString());
  }

  private Response list(Map<String, String> query) {
    String prefix = query.getOrDefault("prefix", "");
    String after = query.getOrDefault("continuation-token", "");
    StringBuilder listed = new StringBuilder("<ListBucketResult>");
    int count = 0;
    String last = "";
    boolean truncated = false;
    for (Map.Entry<String, Stored> each : objects.tailMap(prefix).entrySet()) {
      if (!each.getKey().startsWith(prefix) || each.getKey().compareTo(after) <= 0) {
        continue;
      }
      if (count++ == PAGE) {
        truncated = true;
        break;
      }
      last = each.getKey();
      listed
          .append("<Contents><Key>")
          .append(last)
          .append("</Key><Size>")
          .append(each.getValue().bytes().length)
          .append("</Size><ETag>")
          .append(each.getValue().etag())
          .append("</ETag></Contents>");
    }
    listed.append("<IsTruncated>").append(truncated).append("</IsTruncated>");
    if (truncated) {
      listed.append("<NextContinuationToken>").append(last).append("</NextContinuationToken>");
    }
    return Response.of(200, listed.append("</ListBucketResult>").toString());
  }
}
