package dev.segue.capnproto.compiler;

import java.util.List;

/**
 * Generated classes.
 *
 * @param files one for each file given to the compiler, in that order
 * @param notes what was omitted and why, one line each
 */
public record JavaSources(List<JavaFile> files, List<String> notes) {
  /** Copies the lists. */
  public JavaSources {
    files = List.copyOf(files);
    notes = List.copyOf(notes);
  }
}
