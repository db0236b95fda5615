package dev.segue.capnproto.compiler;

import java.util.List;

/**
 * Generated classes.
 *
 * @param files one for each file that was named to the compiler, in that order
 * @param notes what was left out and why, a line each
 */
public record JavaSources(List<JavaFile> files, List<String> notes) {
  /** Copies the lists. */
  public JavaSources {
    files = List.copyOf(files);
    notes = List.copyOf(notes);
  }
}
