package dev.segue.cli.store;

import java.util.stream.IntStream;

/**
 * Names with wildcards. All ways to match are followed at the same time, so that the time is
 * bounded by the length of the name times that of the pattern: keys are chosen by others, and a
 * regular expression with four stars takes minutes for one that is made for it.
 *
 * <p>Values are immutable. Threads: any.
 */
final class Glob {
  /** A character but a slash. */
  private static final int ONE = -1;

  /** Any number of characters but slashes. */
  private static final int NAME = -2;

  /** Any number of characters. */
  private static final int ALL = -3;

  /** No folder, or what {@link #WITHIN} takes. */
  private static final int FOLDERS = -4;

  /** Characters up to a slash. */
  private static final int WITHIN = -5;

  /** Characters, or what stands for some. */
  private final int[] tokens;

  private Glob(int[] tokens) {
    this.tokens = tokens;
  }

  /** Puts a pattern together, from its first to its last character. Threads: one. */
  static final class Builder {
    private final IntStream.Builder tokens = IntStream.builder();

    private Builder then(int token) {
      tokens.accept(token);
      return this;
    }

    /** Adds characters that stand for themselves. */
    Builder plain(String text) {
      text.codePoints().forEach(tokens);
      return this;
    }

    /** Adds one character but a slash. */
    Builder one() {
      return then(ONE);
    }

    /** Adds any characters but slashes. */
    Builder name() {
      return then(NAME);
    }

    /** Adds any characters. */
    Builder all() {
      return then(ALL);
    }

    /** Adds any folders, or none. */
    Builder folders() {
      return then(FOLDERS).then(WITHIN);
    }

    /** Ends it; nothing can be added then. */
    Glob build() {
      return new Glob(tokens.build().toArray());
    }
  }

  /** Returns whether a name matches from its first to its last character. */
  boolean matches(String name) {
    States now = new States();
    States next = new States();
    now.add(0);
    for (int at = 0; at < name.length() && now.count > 0; ) {
      int c = name.codePointAt(at);
      at += Character.charCount(c);
      next.clear();
      for (int i = 0; i < now.count; i++) {
        next.step(now.list[i], c);
      }
      States before = now;
      now = next;
      next = before;
    }
    return now.has[tokens.length];
  }

  /** The places in the pattern that have been reached. */
  private final class States {
    private final int[] list = new int[tokens.length + 1];
    private final boolean[] has = new boolean[tokens.length + 1];
    private int count;

    void clear() {
      for (int i = 0; i < count; i++) {
        has[list[i]] = false;
      }
      count = 0;
    }

    /** Adds a place, and those behind what may stand for nothing. */
    void add(int first) {
      for (int state = first; !has[state]; state++) {
        has[state] = true;
        list[count++] = state;
        if (state == tokens.length) {
          return;
        }
        switch (tokens[state]) {
          case NAME, ALL -> {}
          case FOLDERS -> add(state + 2);
          default -> {
            return;
          }
        }
      }
    }

    /** Goes on from a place by a character. */
    void step(int state, int c) {
      int token = state == tokens.length ? FOLDERS : tokens[state];
      boolean isSlash = c == '/';
      switch (token) {
        case ONE -> {
          if (!isSlash) {
            add(state + 1);
          }
        }
        case NAME -> {
          if (!isSlash) {
            add(state);
          }
        }
        case ALL -> add(state);
        case WITHIN -> {
          add(state);
          if (isSlash) {
            add(state + 1);
          }
        }
        case FOLDERS -> {}
        default -> {
          if (token == c) {
            add(state + 1);
          }
        }
      }
    }
  }
}
