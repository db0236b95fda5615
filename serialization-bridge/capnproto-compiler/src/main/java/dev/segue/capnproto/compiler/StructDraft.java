package dev.segue.capnproto.compiler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A struct or group whose fields are placed; their values may still be missing. */
final class StructDraft {
  final String displayName;
  final int prefixLength;
  final boolean isGroup;
  final boolean isGeneric;
  final @Nullable String doc;
  final List<FieldDraft> fields = new ArrayList<>();
  private final Map<String, FieldDraft> byName = new HashMap<>();
  List<String> parameters = List.of();
  long id;
  long scopeId;
  int dataWordCount;
  int pointerCount;
  int discriminantCount;
  int discriminantOffset;

  StructDraft(
      String displayName,
      int prefixLength,
      boolean isGroup,
      boolean isGeneric,
      @Nullable String doc) {
    this.displayName = displayName;
    this.prefixLength = prefixLength;
    this.isGroup = isGroup;
    this.isGeneric = isGeneric;
    this.doc = doc;
  }

  StructDraft group(String name, @Nullable String groupDoc) {
    return new StructDraft(
        displayName + "." + name, displayName.length() + 1, true, isGeneric, groupDoc);
  }

  /** Returns a field; all of them are placed by now. */
  @Nullable FieldDraft field(String name) {
    if (byName.isEmpty()) {
      fields.forEach(field -> byName.putIfAbsent(field.name, field));
    }
    return byName.get(name);
  }
}
