package dev.segue.objectstore.s3;

import static dev.segue.objectstore.s3.FakeS3.send;

import com.sun.net.httpserver.HttpExchange;
import dev.segue.bytes.SegmentedBytes;
import dev.segue.objectstore.checksum.Crc;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Uploads; the answers to the first so many ends of them are lost. */
final class Uploads implements FakeS3.Answer {
  static final String MARK = "x-amz-meta-segue-write";

  volatile SegmentedBytes bytes;
  private final int lostCount;
  final AtomicInteger begun = new AtomicInteger();
  private final AtomicInteger ends = new AtomicInteger();
  final Map<String, String> open = new ConcurrentHashMap<>();
  final Map<String, String> parts = new ConcurrentSkipListMap<>();

  /** The mark of what is there; empty where there is nothing. */
  volatile String there = "";

  /** How many ends are refused before one is carried out. */
  final AtomicInteger refusals = new AtomicInteger();

  Uploads(SegmentedBytes bytes, int lostCount) {
    this.bytes = bytes;
    this.lostCount = lostCount;
  }

  @Override
  public void to(HttpExchange e, String request) throws IOException {
    String query = String.valueOf(e.getRequestURI().getQuery());
    String id = query.replaceAll(".*uploadId=", "").replaceAll("&.*", "");
    if (request.startsWith("POST uploads")) {
      id = "u" + begun.incrementAndGet();
      open.put(id, String.valueOf(e.getRequestHeaders().getFirst(MARK)));
      send(
          e,
          200,
          "<InitiateMultipartUploadResult><UploadId>"
              + id
              + "</UploadId></InitiateMultipartUploadResult>");
    } else if (request.startsWith("HEAD")) {
      if (there.isEmpty()) {
        send(e, 404, "");
      } else {
        there(e, bytes, there);
      }
    } else if (!open.containsKey(id) && !request.startsWith("POST")) {
      send(e, 404, "<Error><Code>NoSuchUpload</Code></Error>");
    } else if (request.startsWith("PUT")) {
      String number = query.replaceAll(".*partNumber=", "").replaceAll("&.*", "");
      parts.put(
          id + " " + number,
          "<Part><PartNumber>"
              + number
              + "</PartNumber><ETag>\"p\"</ETag><Size>"
              + e.getRequestHeaders().getFirst("Content-Length")
              + "</Size></Part>");
      send(e, 200, "", "ETag", "\"p\"");
    } else if (request.startsWith("GET")) {
      StringBuilder listed = new StringBuilder("<ListPartsResult><IsTruncated>false</IsTruncated>");
      for (Map.Entry<String, String> part : parts.entrySet()) {
        if (part.getKey().startsWith(id + " ")) {
          listed.append(part.getValue());
        }
      }
      send(e, 200, listed.append("</ListPartsResult>").toString());
    } else if (request.startsWith("DELETE")) {
      open.remove(id);
      send(e, 204, "");
    } else if (refusals.getAndDecrement() > 0) {
      send(e, 503, "<Error><Code>SlowDown</Code></Error>");
    } else if (!there.isEmpty()) {
      // What was carried out before, or another upload.
      if (ends.incrementAndGet() <= lostCount) {
        throw new IOException("the answer is lost");
      }
      send(e, 412, "<Error><Code>PreconditionFailed</Code></Error>");
    } else {
      there = String.valueOf(open.remove(id));
      if (ends.incrementAndGet() <= lostCount) {
        throw new IOException("the answer is lost");
      }
      send(
          e,
          200,
          "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>");
    }
  }

  static void there(HttpExchange exchange, SegmentedBytes bytes, String mark) throws IOException {
    send(
        exchange,
        200,
        "",
        "ETag",
        "\"e\"",
        "Content-Length",
        Long.toString(bytes.byteSize()),
        "x-amz-checksum-crc32c",
        Crc.CRC32C.base64(Crc.CRC32C.of(bytes)),
        "x-amz-checksum-type",
        "FULL_OBJECT",
        MARK,
        mark);
  }
}
