package dev.segue.http2;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads request heads by the letter of RFC 9112: what two readers could take in two ways is refused
 * (bare CR or LF, folded lines, two lengths, two hosts, unknown transfer codings).
 *
 * <p>Owner: one connection. Threads: its loop.
 */
final class Http1Parser {
  private static final int MAX_FIELD_COUNT = 200;
  private static final int MAX_METHOD_BYTE_SIZE = 32;
  private static final int MAX_LENGTH_DIGITS = 18;

  private final int maxHeaderByteSize;
  private int scanned;
  private boolean skippedEmptyLine;

  Http1Parser(int maxHeaderByteSize) {
    this.maxHeaderByteSize = maxHeaderByteSize;
  }

  /** The next head, taken off {@code in}; null, and nothing taken, when it isn't whole yet. */
  @Nullable Http1Head head(ByteBuf in) throws Http1Malformed {
    // One empty line before a request is passed over, RFC 9112 section 2.2, however it is cut.
    if (scanned <= 1
        && !skippedEmptyLine
        && in.readableBytes() >= 2
        && in.getShort(in.readerIndex()) == 0x0D0A) {
      in.skipBytes(2);
      scanned = 0;
      skippedEmptyLine = true;
    }
    int end = endOfHead(in);
    if (end < 0) {
      return null;
    }
    scanned = 0;
    skippedEmptyLine = false;
    List<String> lines = lines(in, end);
    return head(lines);
  }

  private int endOfHead(ByteBuf in) throws Http1Malformed {
    int start = in.readerIndex();
    int from = Math.max(0, scanned - 3);
    int limit = Math.min(in.readableBytes(), maxHeaderByteSize);
    for (int i = from; i + 4 <= limit; i++) {
      if (in.getByte(start + i) == '\r' && in.getInt(start + i) == 0x0D0A0D0A) {
        return i + 4;
      }
    }
    scanned = limit;
    if (in.readableBytes() >= maxHeaderByteSize) {
      boolean oneLine = in.indexOf(start, start + limit, (byte) '\n') < 0;
      throw new Http1Malformed(oneLine ? 414 : 431, "header of byteSize>" + maxHeaderByteSize);
    }
    return -1;
  }

  private static List<String> lines(ByteBuf in, int byteSize) throws Http1Malformed {
    String text = in.readCharSequence(byteSize, StandardCharsets.ISO_8859_1).toString();
    List<String> lines = new ArrayList<>();
    int start = 0;
    while (start < text.length() - 2) {
      int end = text.indexOf("\r\n", start);
      for (int i = start; i < end; i++) {
        char c = text.charAt(i);
        if (c == '\r' || c == '\n' || c == 0) {
          throw new Http1Malformed(400, "a bare CR, LF or NUL in a header");
        }
      }
      lines.add(text.substring(start, end));
      start = end + 2;
    }
    return lines;
  }

  private static Http1Head head(List<String> lines) throws Http1Malformed {
    if (lines.isEmpty()) {
      throw new Http1Malformed(400, "no request line");
    }
    if (lines.size() > MAX_FIELD_COUNT) {
      throw new Http1Malformed(431, "more than " + MAX_FIELD_COUNT + " header fields");
    }
    String[] parts = lines.getFirst().split(" ", -1);
    if (parts.length != 3
        || parts[0].length() > MAX_METHOD_BYTE_SIZE
        || !HeaderText.isToken(parts[0])) {
      throw new Http1Malformed(400, "request line");
    }
    boolean is11 = parts[2].equals("HTTP/1.1");
    if (!is11 && !parts[2].equals("HTTP/1.0")) {
      if (!parts[2].startsWith("HTTP/")) {
        throw new Http1Malformed(Http1Malformed.NO_ANSWER, "no HTTP");
      }
      throw new Http1Malformed(isVersion(parts[2]) ? 505 : 400, "version");
    }
    Fields fields = new Fields();
    for (String line : lines.subList(1, lines.size())) {
      fields.add(line);
    }
    return finish(parts[0], parts[1], is11, fields);
  }

  private static boolean isVersion(String text) {
    return text.length() == 8
        && text.startsWith("HTTP/")
        && Character.isDigit(text.charAt(5))
        && text.charAt(6) == '.'
        && Character.isDigit(text.charAt(7));
  }

  private static Http1Head finish(String method, String target, boolean is11, Fields fields)
      throws Http1Malformed {
    if (method.equals("CONNECT")) {
      throw new Http1Malformed(501, "CONNECT");
    }
    if (fields.hostCount > 1 || (is11 && fields.hostCount == 0)) {
      throw new Http1Malformed(400, "Host count=" + fields.hostCount);
    }
    String path = target;
    String authority = fields.host;
    int scheme = target.startsWith("http://") ? 7 : target.startsWith("https://") ? 8 : 0;
    if (scheme > 0) { // absolute-form, RFC 9112 section 3.2.2: it stands over Host
      int slash = target.indexOf('/', scheme);
      authority = slash < 0 ? target.substring(scheme) : target.substring(scheme, slash);
      path = slash < 0 ? "/" : target.substring(slash);
    }
    if (!HeaderText.isPath(method, path) || !HeaderText.isAuthority(authority)) {
      throw new Http1Malformed(400, "target or Host");
    }
    boolean chunked = fields.transferEncoding != null;
    if (chunked
        && (!is11
            || fields.contentLength >= 0
            || !"chunked".equalsIgnoreCase(fields.transferEncoding))) {
      throw new Http1Malformed(400, "Transfer-Encoding");
    }
    boolean keepAlive = is11 ? !fields.saysClose : fields.saysKeepAlive && !fields.saysClose;
    return new Http1Head(
        new Request(method, path, authority, Headers.owning(fields.namesAndValues)),
        is11,
        keepAlive,
        Math.max(0, fields.contentLength),
        chunked,
        is11 && fields.expectsContinue);
  }

  /** Splits a field line; both parts are checked. */
  static String[] field(String line) throws Http1Malformed {
    int colon = line.indexOf(':');
    if (colon <= 0 || !HeaderText.isToken(line.substring(0, colon))) {
      // A line that is folded begins with a blank and comes here as well.
      throw new Http1Malformed(400, "field name");
    }
    int start = colon + 1;
    int end = line.length();
    while (start < end && HeaderText.isBlank(line.charAt(start))) {
      start++;
    }
    while (end > start && HeaderText.isBlank(line.charAt(end - 1))) {
      end--;
    }
    String value = line.substring(start, end);
    if (!HeaderText.isValue(value)) {
      throw new Http1Malformed(400, "field value");
    }
    return new String[] {line.substring(0, colon).toLowerCase(Locale.ROOT), value};
  }

  /** The fields of a head, and what the ones that frame it say. */
  private static final class Fields {
    private final List<String> namesAndValues = new ArrayList<>();
    private String host = "";
    private int hostCount;
    private long contentLength = -1;
    private @Nullable String transferEncoding;
    private boolean saysClose;
    private boolean saysKeepAlive;
    private boolean expectsContinue;

    void add(String line) throws Http1Malformed {
      String[] field = field(line);
      namesAndValues.add(field[0]);
      namesAndValues.add(field[1]);
      switch (field[0]) {
        case "host" -> {
          host = field[1];
          hostCount++;
        }
        case "content-length" -> {
          if (contentLength >= 0) {
            throw new Http1Malformed(400, "two Content-Lengths");
          }
          contentLength = length(field[1]);
        }
        case "transfer-encoding" -> {
          if (transferEncoding != null) {
            throw new Http1Malformed(400, "two Transfer-Encodings");
          }
          transferEncoding = field[1];
        }
        case "connection" -> {
          for (String option : field[1].split(",", -1)) {
            saysClose |= option.strip().equalsIgnoreCase("close");
            saysKeepAlive |= option.strip().equalsIgnoreCase("keep-alive");
          }
        }
        case "expect" -> {
          if (!field[1].equalsIgnoreCase("100-continue")) {
            throw new Http1Malformed(417, "Expect");
          }
          expectsContinue = true;
        }
        default -> {}
      }
    }

    private static long length(String value) throws Http1Malformed {
      boolean digits = !value.isEmpty() && value.length() <= MAX_LENGTH_DIGITS;
      for (int i = 0; i < value.length(); i++) {
        digits &= value.charAt(i) >= '0' && value.charAt(i) <= '9';
      }
      if (!digits) {
        throw new Http1Malformed(400, "Content-Length");
      }
      return Long.parseLong(value);
    }
  }
}
