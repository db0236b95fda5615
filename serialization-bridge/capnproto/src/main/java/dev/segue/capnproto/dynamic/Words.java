package dev.segue.capnproto.dynamic;

import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.ReadLimits;
import java.nio.ByteBuffer;
import org.capnproto.DecodeException;
import org.jspecify.annotations.Nullable;

/**
 * The segments of a message, with what may still be read of it.
 *
 * <p>Follows pointers and checks each against the bounds of its segment, the traversal limit and
 * the nesting limit. Threads: one.
 *
 * @see <a href="https://capnproto.org/encoding.html">the encoding</a>
 */
final class Words {
  static final int STRUCT = 0;
  static final int LIST = 1;
  static final int FAR = 2;

  private static final int DOUBLE_FAR = 4;
  private static final long UNSIGNED = 0xFFFF_FFFFL;

  /**
   * The number of words that may still be read, shared by a message and the defaults of its schema.
   */
  static final class Budget {
    private long wordCount;

    Budget(long wordCount) {
      this.wordCount = wordCount;
    }

    void spend(long count) {
      wordCount -= count;
      if (wordCount < 0) {
        throw new DecodeException("the traversal limit is exceeded");
      }
    }
  }

  private final ByteBuffer[] segments;
  private final Budget budget;
  private final int nestingLimit;

  // Where the pointer that was followed last leads: the word that says what is there, and the
  // place.
  private long foundTag;
  private int foundSegment;
  private long foundWord;

  Words(ByteBuffer[] segments, Budget budget, int nestingLimit) {
    this.segments = segments;
    this.budget = budget;
    this.nestingLimit = nestingLimit;
  }

  /** The words of a view, to be read within its limits. */
  static Words of(MessageView view) {
    ReadLimits limits = view.limits();
    return of(view, new Budget(limits.traversalLimitWordCount()), limits.nestingLimit());
  }

  static Words of(MessageView view, Budget budget, int nestingLimit) {
    ByteBuffer[] segments = new ByteBuffer[view.segmentCount()];
    for (int i = 0; i < segments.length; i++) {
      segments[i] = view.segmentBuffer(i);
    }
    return new Words(segments, budget, nestingLimit);
  }

  Budget budget() {
    return budget;
  }

  int nestingLimit() {
    return nestingLimit;
  }

  ByteBuffer segment(int index) {
    return segments[index];
  }

  /** The root, which is a struct; a null pointer is one without words. */
  StructAt root() {
    check(0, 0, 1);
    StructAt root = struct(0, 0, 0);
    return root == null ? empty() : root;
  }

  /** A struct without words: each field has its default. */
  StructAt empty() {
    return new StructAt(this, 0, 0, 0, 0, 0, 0);
  }

  /** The kind of the object that a pointer leads to, or -1 for a null pointer. */
  int kind(int segment, int at) {
    return follow(segment, at) ? (int) foundTag & 3 : -1;
  }

  /** Follows a pointer to a struct; {@code null} for a null pointer. */
  @Nullable StructAt struct(int segment, int at, int depth) {
    if (!follow(segment, at)) {
      return null;
    }
    expect(STRUCT, "a struct");
    nest(depth);
    int dataWordCount = (int) (foundTag >>> 32) & 0xFFFF;
    int pointerCount = (int) (foundTag >>> 48);
    int wordCount = dataWordCount + pointerCount;
    if (wordCount == 0) {
      return new StructAt(this, foundSegment, 0, 0, 0, 0, depth + 1);
    }
    check(foundSegment, foundWord, wordCount);
    budget.spend(wordCount);
    int data = (int) foundWord * Long.BYTES;
    return new StructAt(
        this,
        foundSegment,
        data,
        dataWordCount * Long.SIZE,
        data + dataWordCount * Long.BYTES,
        pointerCount,
        depth + 1);
  }

  /** Follows a pointer to a list of any kind; {@code null} for a null pointer. */
  @Nullable ListAt list(int segment, int at, int depth) {
    if (!follow(segment, at)) {
      return null;
    }
    expect(LIST, "a list");
    nest(depth);
    int elementSize = (int) (foundTag >>> 32) & 7;
    int count = (int) (foundTag >>> 35);
    if (elementSize == ListAt.COMPOSITE) {
      return structs(count, depth);
    }
    int bits = ListAt.elementBits(elementSize);
    long wordCount = ((long) count * bits + Long.SIZE - 1) / Long.SIZE;
    if (wordCount > 0) {
      check(foundSegment, foundWord, wordCount);
    }
    // A list of nothing costs what it makes the reader do.
    budget.spend(elementSize == ListAt.VOID ? count : wordCount);
    boolean isPointer = elementSize == ListAt.POINTER;
    return new ListAt(
        this,
        foundSegment,
        wordCount == 0 ? 0 : (int) foundWord * Long.BYTES,
        count,
        elementSize,
        bits,
        isPointer ? 0 : bits,
        isPointer ? 1 : 0,
        depth + 1);
  }

  private ListAt structs(int wordCount, int depth) {
    check(foundSegment, foundWord, wordCount + 1L);
    budget.spend(wordCount + 1L);
    int at = (int) foundWord * Long.BYTES;
    long tag = segments[foundSegment].getLong(at);
    if ((tag & 3) != STRUCT) {
      throw new DecodeException("a list of structs has elements of another kind: tag=" + (tag & 3));
    }
    int count = (int) tag >>> 2;
    int dataWordCount = (int) (tag >>> 32) & 0xFFFF;
    int pointerCount = (int) (tag >>> 48);
    int step = dataWordCount + pointerCount;
    if ((long) count * step > wordCount) {
      throw new DecodeException(
          "a list of structs is longer than its pointer says: count="
              + count
              + " words of each="
              + step
              + " words in all="
              + wordCount);
    }
    if (step == 0) {
      budget.spend(count);
    }
    return new ListAt(
        this,
        foundSegment,
        at + Long.BYTES,
        count,
        ListAt.COMPOSITE,
        (long) step * Long.SIZE,
        dataWordCount * Long.SIZE,
        pointerCount,
        depth + 1);
  }

  private void expect(int kind, String what) {
    if ((foundTag & 3) != kind) {
      throw new DecodeException(
          "a pointer leads to another kind of object than "
              + what
              + ", which the schema says: kind="
              + (foundTag & 3));
    }
  }

  private void nest(int depth) {
    if (depth >= nestingLimit) {
      throw new DecodeException("the nesting limit is exceeded");
    }
  }

  private void check(int segment, long word, long wordCount) {
    long available = segments[segment].capacity() / Long.BYTES;
    if (word < 0 || word > available || wordCount > available - word) {
      throw new DecodeException(
          "a pointer leads out of its segment: index="
              + segment
              + " word="
              + word
              + " count="
              + wordCount
              + " words in it="
              + available);
    }
  }

  private int checkSegment(long index) {
    if (index >= segments.length) {
      throw new DecodeException(
          "a far pointer leads to a segment that isn't there: index="
              + index
              + " count="
              + segments.length);
    }
    return (int) index;
  }

  /** Notes where a pointer leads, through landing pads; returns false for a null pointer. */
  private boolean follow(int segment, int at) {
    long pointer = segments[segment].getLong(at);
    if (pointer == 0) {
      return false;
    }
    if ((pointer & 3) != FAR) {
      found(pointer, segment, at / Long.BYTES + 1 + ((int) pointer >> 2));
      return true;
    }
    boolean isDouble = (pointer & DOUBLE_FAR) != 0;
    int padSegment = checkSegment(pointer >>> 32);
    long pad = (pointer & UNSIGNED) >>> 3;
    check(padSegment, pad, isDouble ? 2 : 1);
    budget.spend(isDouble ? 2 : 1);
    ByteBuffer buffer = segments[padSegment];
    long landing = buffer.getLong((int) pad * Long.BYTES);
    if (isDouble) {
      if ((landing & 7) != FAR) {
        throw new DecodeException("a double far pointer leads to a pad without a far pointer");
      }
      long tag = buffer.getLong((int) pad * Long.BYTES + Long.BYTES);
      found(tag, checkSegment(landing >>> 32), (landing & UNSIGNED) >>> 3);
    } else {
      if ((landing & 3) == FAR) {
        throw new DecodeException("a far pointer leads to another far pointer");
      }
      found(landing, padSegment, pad + 1 + ((int) landing >> 2));
    }
    return true;
  }

  private void found(long tag, int segment, long word) {
    foundTag = tag;
    foundSegment = segment;
    foundWord = word;
  }
}
