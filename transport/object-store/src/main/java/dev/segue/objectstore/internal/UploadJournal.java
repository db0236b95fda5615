package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.ObjectStoreException.Reason;
import dev.segue.objectstore.StoreSettings;
import dev.segue.objectstore.checksum.Crc;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A small text file that says which parts of an upload the store has, one line each, so that the
 * upload can go on after a crash.
 *
 * <pre>
 *   segue-upload 1
 *   object s3://bucket/key
 *   upload 8388608 2~AbC…
 *   mark 6f1c…
 *   checksum crc32c
 *   part 1 8388608 1f2e3d4c "etag"
 *   part 3 8388608 5a6b7c8d "etag"
 *   resumed 1
 *   part 2 8388608 9e8f7a6b "etag"
 * </pre>
 *
 * <p>The line of the checksum ends the head, which a crash may have cut anywhere; earlier versions
 * wrote the mark behind it. An upload whose head is not whole begins again, as nobody knows what it
 * began with.
 *
 * <p>The mark is in the metadata of what the upload makes, where the store has metadata: it proves
 * that an object was made by this upload when the answer to its end was lost.
 *
 * <p>Parts arrive in any order, and an upload goes on behind the first one that is missing: then
 * {@code resumed} says how many parts it went on with, before the first one that it sends. What was
 * noted of later ones is of an earlier run, which may have had other bytes.
 *
 * <p>A line that a crash tore is dropped: its part is sent again. One that is damaged otherwise is
 * put aside, under a name that ends in {@code .damaged}, and the upload begins again.
 */
public final class UploadJournal {
  private static final String NO_JOURNAL = "the file is not an upload journal";
  private static final String MAGIC = "segue-upload 1";
  private static final String DAMAGED = ".damaged";
  private static final Pattern ESCAPE = Pattern.compile("\\\\[\\\\nr]");
  private static final System.Logger LOG = System.getLogger("dev.segue.objectstore");

  private final Path path;
  private final String object;
  private final long partByteSize;
  private final String checksum;
  private final @Nullable Crc crc;

  /** By their numbers; one that was sent again is the later one. */
  private final SortedMap<Integer, PartSink.Part> noted = new TreeMap<>();

  private @Nullable String uploadId;
  private String mark = "";

  /** What is written before the next part. */
  private String beforePart = "";

  /** Whether a mark or the kind of checksums may be lost. */
  private boolean isHeadTorn;

  /** The upload of a journal that was put aside. */
  private @Nullable String lostId;

  private @Nullable ObjectInfo made;

  private @Nullable FileChannel channel;

  private UploadJournal(Path path, String object, StoreSettings settings) {
    this.path = path;
    this.object = oneLine(object);
    this.partByteSize = settings.putPartByteSize();
    this.checksum = settings.checksums().name().toLowerCase(Locale.ROOT);
    this.crc = Crc.of(settings);
  }

  /** Reads a journal, or begins one that is not there yet. */
  public static UploadJournal open(Path path, String object, StoreSettings settings)
      throws ObjectStoreException {
    UploadJournal journal = new UploadJournal(path, object, settings);
    try {
      if (Files.exists(path)) {
        journal.readLines();
      }
      return journal;
    } catch (IOException e) {
      throw Failures.of("journal " + path, e);
    }
  }

  /** Whatever a key or an upload's id has in it. */
  private static String oneLine(String text) {
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
  }

  /** What {@link #oneLine} made one line of. */
  private static String ofLine(String line) {
    return ESCAPE
        .matcher(line)
        .replaceAll(
            found ->
                switch (found.group()) {
                  case "\\n" -> "\n";
                  case "\\r" -> "\r";
                  default -> "\\\\";
                });
  }

  /**
   * Removes the upload that a journal is of, whatever its settings were, and the journal; nothing
   * if there is none.
   */
  static void discard(Path path, String object, PartSink sink) throws ObjectStoreException {
    try {
      if (!Files.exists(path)) {
        return;
      }
      byte[] content = Files.readAllBytes(path);
      String id =
          isTorn(new String(content, StandardCharsets.ISO_8859_1))
              ? null
              : idIn(content, oneLine(object));
      if (id != null) {
        sink.discard(id);
      }
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw Failures.of("journal " + path, e);
    }
  }

  private void readLines() throws IOException {
    try {
      read();
    } catch (IllegalArgumentException | IndexOutOfBoundsException | CharacterCodingException e) {
      lostId = idIn(Files.readAllBytes(path), object);
      Path aside = path.resolveSibling(path.getFileName() + DAMAGED);
      Files.move(path, aside, StandardCopyOption.REPLACE_EXISTING);
      LOG.log(
          System.Logger.Level.WARNING,
          "journal "
              + path
              + " of "
              + object
              + " is damaged; it is kept as "
              + aside
              + ", and the upload begins again");
      uploadId = null;
      mark = "";
      noted.clear();
    }
  }

  /**
   * The upload that a journal is of, whatever else it has in it; null if it names none.
   *
   * @throws ObjectStoreException if it is none, or of another object
   */
  private static @Nullable String idIn(byte[] content, String object) throws ObjectStoreException {
    // Each byte a character: what is damaged need not be text.
    String[] lines = new String(content, StandardCharsets.ISO_8859_1).split("\n", -1);
    if (!lines[0].equals(MAGIC)) {
      throw new ObjectStoreException(Reason.OTHER, NO_JOURNAL);
    }
    String own = new String(object.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    String id = null;
    for (String line : lines) {
      String[] words = line.split(" ", 3);
      if (words[0].equals("object") && !line.equals("object " + own)) {
        throw new ObjectStoreException(Reason.OTHER, "it is of another upload: " + line);
      }
      if (words[0].equals("upload") && words.length == 3) {
        id = words[2];
      }
    }
    return id == null
        ? null
        : ofLine(new String(id.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
  }

  /** Returns whether a file without a whole line may be what a crash left of a journal. */
  private static boolean isTorn(String text) {
    return MAGIC.startsWith(text) || text.chars().allMatch(c -> c == 0);
  }

  private void read() throws IOException {
    String text = Files.readString(path, StandardCharsets.UTF_8);
    int whole = text.lastIndexOf('\n') + 1;
    String[] lines = text.substring(0, whole).split("\n", -1);
    if (whole > 0 ? !lines[0].equals(MAGIC) : !isTorn(text)) {
      throw new ObjectStoreException(Reason.OTHER, NO_JOURNAL);
    }
    boolean isHeadWhole = false;
    for (String line : lines) {
      String[] words = line.split(" ", 5);
      switch (words[0]) {
        case "object" -> check("object", line.substring("object ".length()), object);
        case "upload" -> {
          check("partByteSize", words[1], Long.toString(partByteSize));
          // An id may have blanks in it.
          uploadId = ofLine(line.split(" ", 3)[2]);
          mark = "";
          noted.clear();
          isHeadWhole = false;
        }
        case "checksum" -> {
          check("checksum", words[1], checksum);
          isHeadWhole = true;
        }
        case "mark" -> mark = UUID.fromString(words[1]).toString();
        case "part" -> {
          PartSink.Part part = part(words);
          noted.put(part.number(), part);
        }
        case "resumed" -> noted.tailMap(Integer.parseInt(words[1]) + 1).clear();
        default -> {}
      }
    }
    isHeadTorn =
        !isHeadWhole || (mark.isEmpty() && noted.isEmpty() && isOfHead(text.substring(whole)));
    try (FileChannel truncating = FileChannel.open(path, StandardOpenOption.WRITE)) {
      truncating.truncate(text.substring(0, whole).getBytes(StandardCharsets.UTF_8).length);
    }
  }

  private static boolean isOfHead(String torn) {
    return !torn.isEmpty() && !torn.startsWith("p");
  }

  private PartSink.Part part(String[] words) {
    PartSink.Part part =
        new PartSink.Part(
            Integer.parseInt(words[1]),
            Long.parseLong(words[2]),
            words[4],
            Long.parseUnsignedLong(words[3], 16));
    if (part.number() < 1 || part.byteSize() < 1 || part.byteSize() > partByteSize) {
      throw new IllegalArgumentException("no part of an upload: " + part);
    }
    return part;
  }

  private void check(String name, String found, String wanted) throws ObjectStoreException {
    if (!found.equals(wanted)) {
      throw new ObjectStoreException(
          Reason.OTHER,
          "the journal is of another upload: " + name + "=" + found + ", wanted " + wanted);
    }
  }

  /** Returns whether an upload goes on. */
  public boolean isBegun() {
    return uploadId != null;
  }

  /**
   * The parts from the first on that both this file and the store know, with the same size and
   * ETag. If the store does not know the upload any more, it starts over, unless the object {@link
   * #made is there}; so it does where it stores something else beside the bytes.
   */
  public List<PartSink.Part> storedParts(PartSink sink) throws ObjectStoreException {
    String lost = lostId;
    if (lost != null) {
      lostId = null;
      discardLost(lost, sink);
    }
    String id = uploadId;
    if (id != null && (isHeadTorn || !sink.isOf(mark))) {
      discardLost(id, sink);
      uploadId = null;
      delete();
      return List.of();
    }
    List<PartSink.Part> there = id == null ? null : sink.resume(id);
    if (there == null || (there.isEmpty() && !noted.isEmpty())) {
      made = hasAllParts() ? madeBy(sink) : null;
      if (there != null) {
        // Nothing is left of it: its parts are in the object, or gone.
        sink.abort();
      }
      if (made == null) {
        uploadId = null;
        delete();
      }
      return List.of();
    }
    sink.goOn(mark);
    List<PartSink.Part> stored = common(there);
    beforePart = noted.size() > stored.size() ? "resumed " + stored.size() + "\n" : "";
    return stored;
  }

  /** The parts from the first on that the store has as they are noted. */
  private List<PartSink.Part> common(List<PartSink.Part> there) {
    Map<Integer, PartSink.Part> byNumber = new HashMap<>();
    there.forEach(part -> byNumber.put(part.number(), part));
    List<PartSink.Part> stored = new ArrayList<>();
    for (int number = 1; ; number++) {
      PartSink.Part part = noted.get(number);
      PartSink.Part theirs = byNumber.get(number);
      // A short part was the last one before a finish that failed: it is sent again.
      if (part == null
          || theirs == null
          || part.byteSize() != partByteSize
          || part.byteSize() != theirs.byteSize()
          || (theirs.crc() != 0 && part.crc() != theirs.crc())
          || !part.etag().equals(theirs.etag())) {
        return stored;
      }
      stored.add(part);
    }
  }

  /**
   * The object that an earlier process made of the parts that are noted, without learning of it;
   * null where it did not.
   */
  public @Nullable ObjectInfo made() {
    return made;
  }

  private @Nullable ObjectInfo madeBy(PartSink sink) throws ObjectStoreException {
    try {
      PartSink.There there = sink.there();
      UploadEnd end = UploadEnd.of(List.copyOf(noted.values()), crc, mark);
      return there != null && end.hasMade(there) ? there.info() : null;
    } catch (ObjectStoreException e) {
      if (e.reason() == Reason.NOT_FOUND || e.reason() == Reason.DENIED) {
        // Who may write there need not be allowed to look.
        return null;
      }
      throw e;
    }
  }

  /** Returns whether an object may be of the parts that are noted: the last one may be shorter. */
  private boolean hasAllParts() {
    int number = 1;
    for (PartSink.Part part : noted.values()) {
      if (part.number() != number || (part.byteSize() != partByteSize && number < noted.size())) {
        return false;
      }
      number++;
    }
    return !noted.isEmpty();
  }

  /** What can't be removed keeps nobody from uploading. */
  private void discardLost(String lost, PartSink sink) {
    try {
      sink.discard(lost);
    } catch (ObjectStoreException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "upload " + lost + " of " + object + " stays at the store: " + e.getMessage());
    }
  }

  /**
   * Notes an upload that begins.
   *
   * @param mark empty for none
   */
  public void begin(String id, String mark) throws ObjectStoreException {
    uploadId = id;
    try {
      append(
          MAGIC
              + "\nobject "
              + object
              + "\nupload "
              + partByteSize
              + " "
              + oneLine(id)
              + (mark.isEmpty() ? "" : "\nmark " + mark)
              + "\nchecksum "
              + checksum
              + "\n");
    } catch (IOException e) {
      throw Failures.of("journal " + path, e);
    }
  }

  /** Notes a part that the store has. */
  public synchronized void stored(PartSink.Part part) throws IOException {
    append(
        beforePart
            + "part "
            + part.number()
            + " "
            + part.byteSize()
            + " "
            + Long.toHexString(part.crc())
            + " "
            + part.etag()
            + "\n");
    beforePart = "";
  }

  private synchronized void append(String lines) throws IOException {
    FileChannel to = channel;
    if (to == null) {
      to =
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
      channel = to;
    }
    ByteBuffer bytes = ByteBuffer.wrap(lines.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      to.write(bytes);
    }
    to.force(false);
  }

  /** Closes the file and leaves it for the next time. */
  public synchronized void close() throws ObjectStoreException {
    FileChannel open = channel;
    channel = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        throw Failures.of("journal " + path, e);
      }
    }
  }

  public void delete() throws ObjectStoreException {
    close();
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw Failures.of("journal " + path, e);
    }
  }
}
