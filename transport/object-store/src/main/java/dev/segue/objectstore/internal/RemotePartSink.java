package dev.segue.objectstore.internal;

import dev.segue.objectstore.ObjectInfo;
import dev.segue.objectstore.ObjectStoreException;
import dev.segue.objectstore.WriteOptions;
import java.util.List;

/** The base of sinks of stores that are reached over HTTP, whose answers may be lost. */
public abstract class RemotePartSink implements PartSink {
  private static final System.Logger LOG = System.getLogger("dev.segue.objectstore");

  private final RemoteStore store;
  private final String key;
  private final String markName;
  private final int metadataByteSizeLimit;
  private final WriteOptions unmarked;
  private WriteOptions options;
  private String mark;

  /** Whether another process began the upload, and may have made the object. */
  private boolean isResumed;

  /** Whether this one has asked for the object in vain, and may have made it all the same. */
  private boolean hasFailed;

  /**
   * Writes an object.
   *
   * @param markName of the metadata that has the mark
   * @param metadataByteSizeLimit of what the store takes: where it has no room for a mark, there is
   *     none
   */
  protected RemotePartSink(
      RemoteStore store,
      String key,
      WriteOptions options,
      String markName,
      int metadataByteSizeLimit) {
    WriteConditions.checkFields(store.attempt("put", key), options.metadata());
    this.store = store;
    this.key = key;
    this.markName = markName;
    this.metadataByteSizeLimit = metadataByteSizeLimit;
    this.unmarked = options;
    this.mark = WriteConditions.isOn(options) ? newMark() : "";
    this.options = WriteConditions.marked(options, markName, mark);
  }

  private String newMark() {
    return WriteConditions.hasRoomForMark(
            unmarked.metadata().user(), markName, metadataByteSizeLimit)
        ? WriteConditions.newMark(unmarked)
        : "";
  }

  /** What is written, with the mark in the metadata. */
  protected final WriteOptions options() {
    return options;
  }

  @Override
  public final String mark() {
    return mark;
  }

  private void mark(String word) {
    mark = word;
    options = WriteConditions.marked(unmarked, markName, word);
  }

  @Override
  public final void beginMarked() {
    if (mark.isEmpty()) {
      mark(newMark());
    }
  }

  @Override
  public final boolean isOf(String earlierMark) {
    return WriteConditions.isOf(earlierMark, unmarked);
  }

  @Override
  public final void goOn(String earlierMark) {
    isResumed = true;
    if (!earlierMark.isEmpty()) {
      mark(earlierMark);
    }
  }

  /** The end of this upload by its parts. */
  protected final UploadEnd end(List<Part> parts) {
    return UploadEnd.of(parts, store.crc, mark);
  }

  @Override
  public abstract There there() throws ObjectStoreException;

  /**
   * Looks whether the object was made all the same, where an end or a whole write failed, maybe by
   * an earlier process.
   *
   * @param attemptCount how often it was asked for, this time
   * @throws ObjectStoreException the failure, if that is not proved
   */
  protected final ObjectInfo madeBefore(
      ObjectStoreException failure, UploadEnd end, int attemptCount) throws ObjectStoreException {
    There made = end.madeBefore(failure, attemptCount > 1 || isResumed || hasFailed, this::there);
    if (made == null) {
      hasFailed = true;
      throw WriteConditions.told(options, failure);
    }
    if (isResumed) {
      abortNeedless();
    }
    return made.info();
  }

  /** What an earlier process made needs the parts of this one no more. */
  private void abortNeedless() {
    try {
      abort();
    } catch (ObjectStoreException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          store.uriOf(key) + " is stored; parts of its upload stay as well: " + e.getMessage());
    }
  }
}
