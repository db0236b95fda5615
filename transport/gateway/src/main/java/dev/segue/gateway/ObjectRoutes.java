package dev.segue.gateway;

import dev.segue.bytes.SegmentedBytes;
import dev.segue.http2.Headers;
import dev.segue.http2.Http2Error;
import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectPage;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.WriteOptions;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * {@code /objects/NAME/KEY}: objects under the roots, read in whole or in part, and written.
 *
 * <p>Stores block, so each request runs on a thread of its own.
 */
final class ObjectRoutes {
  private static final String PREFIX = "/objects/";

  private final ObjectRoots roots;
  private final ObjectDownload download;
  private final Executor blocking;
  private final ClientSlots transfers;

  ObjectRoutes(ObjectRoots roots, ObjectDownload download, Executor blocking, int transferCount) {
    this.roots = roots;
    this.download = download;
    this.blocking = blocking;
    this.transfers =
        new ClientSlots("transferCount", transferCount, Math.max(1, transferCount / 2), 1);
  }

  void handle(GatewayExchange call) throws HttpException {
    String path = call.target().path();
    if (!path.startsWith(PREFIX) || path.length() == PREFIX.length()) {
      Router.onlyRead(call);
      call.respondMade("application/json", roots.json(call.grant()));
      return;
    }
    String rest = path.substring(PREFIX.length());
    int slash = rest.indexOf('/');
    if (slash < 0 ? !rest.contains("%") : slash == rest.length() - 1) {
      Router.onlyRead(call);
      String name = Target.decode(slash < 0 ? rest : rest.substring(0, slash));
      run(call, () -> list(call, roots.listed(name, call.grant())));
      return;
    }
    switch (call.method()) {
      case "GET", "HEAD" -> run(call, () -> read(call, roots.find(rest, call.grant())));
      case "PUT" -> run(call, () -> put(call, roots.find(rest, call.grant())));
      case "DELETE" -> run(call, () -> delete(call, roots.find(rest, call.grant())));
      default ->
          throw new HttpException(
              405,
              call.method() + ": not for an object",
              Headers.of("allow", "GET, HEAD, PUT, DELETE"));
    }
  }

  private interface Transfer {
    void run() throws HttpException, ObjectStoreException, InterruptedException;
  }

  private void run(GatewayExchange call, Transfer work) throws HttpException {
    ClientSlots.Taken slot = transfers.take(call.client(), 1);
    if (!Work.isTakenBy(blocking, () -> run(call, work, slot))) {
      slot.close();
      throw new HttpException(503, "no thread for it, or the gateway is closing");
    }
  }

  private static void run(GatewayExchange call, Transfer work, ClientSlots.Taken slot) {
    try (slot) {
      work.run();
    } catch (HttpException e) {
      fail(call, e);
    } catch (ObjectStoreException e) {
      fail(call, new HttpException(ObjectRoots.statusOf(e), publicMessage(e)));
    } catch (IllegalArgumentException e) {
      fail(call, HttpException.badRequest("no such key can be in this store"));
    } catch (InterruptedException | IllegalStateException e) {
      fail(call, new HttpException(503, "the gateway is closing"));
    } catch (Throwable e) {
      call.fail("object of " + call.target().path(), e);
    }
  }

  /** The store's own words name buckets, paths and hosts, which are nobody's business. */
  private static String publicMessage(ObjectStoreException e) {
    System.getLogger("dev.segue.gateway").log(System.Logger.Level.DEBUG, "object store", e);
    return "object store: "
        + e.reason().name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
  }

  /** Answers, or resets what was begun. */
  private static void fail(GatewayExchange call, HttpException e) {
    if (call.status() == 0) {
      call.refuse(e);
    } else {
      call.exchange().reset(Http2Error.INTERNAL_ERROR);
    }
  }

  private void read(GatewayExchange call, ObjectRoots.Found found)
      throws HttpException, ObjectStoreException, InterruptedException {
    ObjectInfo info = found.store().head(found.key());
    Headers headers =
        Headers.of(
            "etag",
            found.etag(info),
            "last-modified",
            Conditions.date(info.lastModified()),
            "accept-ranges",
            "bytes",
            "cache-control",
            "no-cache");
    int status = Conditions.statusOf(call, found.etag(info), info.lastModified());
    if (status == 304) {
      call.respond(304, headers, SegmentedBytes.empty());
      return;
    }
    if (status != 200) {
      throw new HttpException(status, "the object is another version", headers);
    }
    boolean parts =
        call.method().equals("GET")
            && Conditions.allowsRange(call, found.etag(info), info.lastModified());
    Optional<ByteRange> asked = ByteRange.of(parts ? call.header("range") : "", info.byteSize());
    if (asked.isEmpty()) {
      throw new HttpException(
          416,
          "the object has byteSize=" + info.byteSize(),
          headers.with("content-range", "bytes */" + info.byteSize()));
    }
    ByteRange range = asked.get();
    headers =
        headers
            .with("content-type", MediaTypes.ofName(found.key()))
            .with("content-length", Long.toString(range.byteSize()));
    if (!range.whole()) {
      headers = headers.with("content-range", range.contentRange(info.byteSize()));
    }
    if (call.isHead() || range.byteSize() == 0) {
      call.respond(200, headers, SegmentedBytes.empty());
      return;
    }
    download.send(call, range.whole() ? 200 : 206, headers, found, info, range);
  }

  /** One page of the objects of a root, those with a slash behind {@code ?prefix=} grouped. */
  private static void list(GatewayExchange call, ObjectRoots.Listed root)
      throws HttpException, ObjectStoreException {
    Target target = call.target();
    String prefix = target.query("prefix", "");
    if (!prefix.isEmpty()) {
      ObjectKey.ofDecoded(prefix.endsWith("/") ? prefix + "x" : prefix);
      String folder = prefix.substring(0, prefix.lastIndexOf('/') + 1);
      if (!folder.isEmpty() && !root.holds(folder)) {
        throw new HttpException(404, "no such folder in this root");
      }
    }
    String token = target.query("token", "");
    ObjectPage page =
        root.store()
            .list(
                prefix,
                target.flag("deep") ? "" : "/",
                token.isEmpty() ? Optional.empty() : Optional.of(token));
    Json json = new Json().beginObject().name("objects").beginArray();
    for (ObjectInfo each : page.objects()) {
      if (!root.holds(each.key())) {
        continue;
      }
      json.beginObject()
          .field("key", each.key())
          .field("byteSize", each.byteSize())
          .field("lastModified", each.lastModified().toString())
          .endObject();
    }
    json.endArray().name("prefixes").beginArray();
    page.prefixes().stream().filter(root::holds).forEach(json::value);
    json.endArray();
    page.nextToken().ifPresent(next -> json.field("nextToken", next));
    call.respondMade("application/json", json.endObject().toString());
  }

  private static void delete(GatewayExchange call, ObjectRoots.Found found)
      throws HttpException, ObjectStoreException {
    if (!found.writable()) {
      throw new HttpException(
          403, "this root is read-only; --writable-root makes one that can be written");
    }
    ObjectInfo before = found.store().head(found.key());
    checkVersion(call, found, before);
    if (Conditions.hasAny(call) && !before.etag().isEmpty()) {
      try {
        found.store().delete(before); // What came meanwhile stays.
      } catch (ObjectStoreException e) {
        checkChanged(e);
        throw e;
      }
    } else {
      found.store().delete(found.key());
    }
    call.respond(204);
  }

  private static void checkVersion(GatewayExchange call, ObjectRoots.Found found, ObjectInfo there)
      throws HttpException {
    if (Conditions.statusOf(call, found.etag(there), there.lastModified()) != 200) {
      throw anotherVersion();
    }
  }

  private static HttpException anotherVersion() {
    return new HttpException(412, "the object is another version");
  }

  /** What changed since a condition was looked at is that condition's failure. */
  private static void checkChanged(ObjectStoreException e) throws HttpException {
    switch (e.reason()) {
      case EXISTS, CHANGED, NOT_FOUND -> throw anotherVersion();
      default -> {} // no matter of a condition
    }
  }

  private static void put(GatewayExchange call, ObjectRoots.Found found)
      throws HttpException, ObjectStoreException, InterruptedException {
    if (!found.writable()) {
      throw new HttpException(
          403, "this root is read-only; --writable-root makes one that can be written");
    }
    if (!call.header("content-range").isEmpty()) {
      throw HttpException.badRequest("a part of an object can't be put"); // RFC 9110 section 14.5
    }
    Optional<ObjectInfo> before = there(call, found);
    boolean isConditional = Conditions.hasAny(call);
    ObjectInfo info;
    try {
      info = ObjectUpload.receive(call, found, isConditional ? as(before) : WriteOptions.NONE);
    } catch (ObjectStoreException e) {
      boolean isPlaceGone = before.isEmpty() && e.reason() == ObjectStoreException.Reason.NOT_FOUND;
      if (isConditional && !isPlaceGone) {
        checkChanged(e);
      }
      throw e;
    }
    call.respond(
        before.isPresent() ? 204 : 201,
        Headers.of("etag", found.etag(info)),
        SegmentedBytes.empty());
  }

  /** What the conditions were looked at must still be there when the upload is whole. */
  private static WriteOptions as(Optional<ObjectInfo> before) {
    return before
        .map(each -> WriteOptions.NONE.ifMatch(each.etag()))
        .orElse(WriteOptions.NONE.ifAbsent());
  }

  /** Looks at the conditions before the upload begins; returns what is there. */
  private static Optional<ObjectInfo> there(GatewayExchange call, ObjectRoots.Found found)
      throws HttpException, ObjectStoreException {
    try {
      ObjectInfo before = found.store().head(found.key());
      checkVersion(call, found, before);
      return Optional.of(before);
    } catch (ObjectStoreException e) {
      if (e.reason() != ObjectStoreException.Reason.NOT_FOUND) {
        throw e;
      }
      if (!Conditions.ifMatch(call).isEmpty()) {
        throw new HttpException(412, "no such object");
      }
      return Optional.empty();
    }
  }
}
