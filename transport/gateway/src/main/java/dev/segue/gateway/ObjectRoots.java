package dev.segue.gateway;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStore;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.StoreSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The opened stores of the roots, and the way from a path to an object in one of them.
 *
 * <p>Owner: the gateway. Lifetime: until {@link #close()}. Threads: any.
 */
final class ObjectRoots implements AutoCloseable {
  private final List<Opened> opened = new ArrayList<>();

  private record Opened(ObjectRoot root, ObjectStore store, @Nullable Path directory) {}

  /** An object that a request names. */
  record Found(ObjectStore store, String key, boolean writable, boolean isFile) {
    /** The entity tag of a version; a file's would show its inode. */
    String etag(ObjectInfo info) {
      return isFile ? EntityTags.hidden(info.etag()) : info.etag();
    }
  }

  private ObjectRoots() {}

  /**
   * Opens them all.
   *
   * @throws IllegalArgumentException if a URI is none of a store, or a name stands twice
   */
  static ObjectRoots open(List<ObjectRoot> roots) throws IOException {
    ObjectRoots all = new ObjectRoots();
    boolean done = false;
    try {
      for (ObjectRoot root : roots) {
        if (all.named(root.name()) != null) {
          throw new IllegalArgumentException("root name=" + root.name() + ": it is given twice");
        }
        ObjectStore store = storeOf(root);
        boolean files = root.uri().startsWith("file:");
        all.opened.add(
            new Opened(
                root,
                store,
                files ? Path.of(URI.create(store.uri()).getPath()).toRealPath() : null));
      }
      done = true;
      return all;
    } finally {
      if (!done) {
        all.close();
      }
    }
  }

  private static ObjectStore storeOf(ObjectRoot root) throws ObjectStoreException {
    try {
      return ObjectStore.open(root.uri(), settings());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("root name=" + root.name() + ": " + e.getMessage(), e);
    }
  }

  /** The environment's; but many uploads may run here, so each gets less by default. */
  private static StoreSettings settings() {
    Map<String, String> variables =
        new HashMap<>(Map.of("SEGUE_PUT_INFLIGHT", "4", "SEGUE_READ_AHEAD", "8MiB"));
    variables.putAll(System.getenv());
    return StoreSettings.of(variables);
  }

  boolean isEmpty() {
    return opened.isEmpty();
  }

  private @Nullable Opened named(String name) {
    return opened.stream().filter(each -> each.root.name().equals(name)).findFirst().orElse(null);
  }

  /**
   * The object of a path behind {@code /objects/}: {@code NAME/KEY}, or a whole URI,
   * percent-encoded, that lies under a root.
   *
   * @throws HttpException 404 if no root is meant, 400 for a key that leads elsewhere
   */
  Found find(String rest, Grant grant) throws HttpException {
    int slash = rest.indexOf('/');
    String first = Target.decode(slash < 0 ? rest : rest.substring(0, slash));
    if (slash < 0 && first.contains("://")) {
      return ofUri(first, grant);
    }
    Opened root = named(first);
    if (root == null || slash < 0 || !grant.allowsRoot(first)) {
      throw notFound();
    }
    return checked(root, ObjectKey.of(rest.substring(slash + 1)));
  }

  private Found ofUri(String uri, Grant grant) throws HttpException {
    for (Opened each : opened) {
      String prefix = each.store.uri();
      String base = prefix.endsWith("/") ? prefix : prefix + "/";
      if (uri.startsWith(base) && grant.allowsRoot(each.root.name())) {
        return checked(each, ObjectKey.ofDecoded(uri.substring(base.length())));
      }
    }
    throw notFound();
  }

  /**
   * A root, to list what is in it.
   *
   * @throws HttpException 404 if there is none of that name
   */
  Listed listed(String name, Grant grant) throws HttpException {
    Opened root = named(name);
    if (root == null || !grant.allowsRoot(name)) {
      throw notFound();
    }
    return new Listed(root.store, root.directory);
  }

  /** A root that a request lists. */
  record Listed(ObjectStore store, @Nullable Path directory) {
    /**
     * Returns whether a key, or a prefix of keys, lies in the root: a link within must not lead
     * out.
     */
    boolean holds(String key) {
      if (directory == null) {
        return true;
      }
      try {
        return directory.resolve(key).toRealPath().startsWith(directory);
      } catch (IOException | IllegalArgumentException e) {
        return false;
      }
    }
  }

  private static HttpException notFound() {
    return new HttpException(404, "no such root: /objects/NAME/KEY, with a NAME given by --root");
  }

  /** A link within the directory must not lead out of it. */
  private static Found checked(Opened root, String key) throws HttpException {
    if (root.directory != null) {
      ObjectKey.checkFileNames(key);
      Path path = root.directory.resolve(key);
      while (path != null && !Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        path = path.getParent();
      }
      try {
        if (path == null || !path.toRealPath().startsWith(root.directory)) {
          throw new HttpException(403, "the key leads out of its root");
        }
      } catch (IOException e) {
        throw new HttpException(404, "no such object");
      }
    }
    return new Found(root.store, key, root.root.writable(), root.directory != null);
  }

  /** Name and rights of each as JSON; where it lies is nobody's business. */
  String json(Grant grant) {
    Json json = new Json().beginObject().name("roots").beginArray();
    for (Opened each : opened) {
      if (!grant.allowsRoot(each.root.name())) {
        continue;
      }
      json.beginObject()
          .field("name", each.root.name())
          .field("writable", each.root.writable())
          .endObject();
    }
    return json.endArray().endObject().toString();
  }

  @Override
  public void close() {
    opened.forEach(each -> each.store.close());
  }

  /** The status of a fault of a store. */
  static int statusOf(ObjectStoreException e) {
    return switch (e.reason()) {
      case NOT_FOUND -> 404;
      case DENIED -> 403;
      case CHANGED -> 409;
      case RANGE -> 416;
      case EXISTS -> 412;
      case NO_SPACE -> 507;
      case UNAVAILABLE, CANCELLED -> 503;
      case CORRUPT, UNTRUSTWORTHY, OTHER -> 502;
    };
  }
}
