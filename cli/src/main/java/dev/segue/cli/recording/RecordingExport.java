package dev.segue.cli.recording;

import dev.segue.bytes.OffHeapPool;
import dev.segue.capnproto.CapnProtoException;
import dev.segue.capnproto.MessageView;
import dev.segue.capnproto.dynamic.FieldPath;
import dev.segue.capnproto.dynamic.MessageFormat;
import dev.segue.capnproto.dynamic.MessageSchemas;
import dev.segue.capnproto.dynamic.MessageType;
import dev.segue.cli.CommandFailedException;
import dev.segue.cli.capnp.SchemaOption;
import dev.segue.cli.store.ObjectUri;
import dev.segue.cli.store.StoreOptions;
import dev.segue.cli.store.Stores;
import dev.segue.cli.terminal.JsonObject;
import dev.segue.mcap.McapChannel;
import dev.segue.mcap.McapFormatException;
import dev.segue.mcap.McapMessage;
import dev.segue.mcap.McapReader;
import dev.segue.mcap.McapSchema;
import dev.segue.objectstore.ObjectStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows the messages of a recording by their schema. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes Cap'n Proto messages of a recording to the standard output, a line each,"
          + " as JSON or, with --csv FIELD…, as a table.",
      "The schema is the one that the recording carries, or --schema.",
      "Messages without a schema are counted and left out.",
      ""
    })
final class RecordingExport extends RecordingsCommand {
  /** The name that the registry of MCAP has for schemas of Cap'n Proto. */
  private static final String SCHEMA_ENCODING = "capnproto";

  private static final long POOL_BYTE_SIZE = 1 << 30;

  /** In one line and, as it is for programs, whole. */
  private static final MessageFormat CELL =
      new MessageFormat(
          MessageFormat.Syntax.TEXT,
          false,
          MessageFormat.DataStyle.SUMMARY,
          Integer.MAX_VALUE,
          Integer.MAX_VALUE,
          MessageFormat.text().maxCharCount());

  @Parameters(
      index = "0",
      paramLabel = "URI",
      converter = ObjectUri.Converter.class,
      description = "The recording.")
  private ObjectUri uri = ObjectUri.NONE;

  @Parameters(
      index = "1..*",
      paramLabel = "FIELD",
      arity = "0..*",
      description = "The fields: pose.x points[0].name; the whole message without one.")
  private List<String> fields = new ArrayList<>();

  @Option(names = "--csv", description = "Write a table (RFC 4180) instead of JSON.")
  private boolean isCsv;

  @Option(
      names = "--topics",
      paramLabel = "KEYEXPR",
      description = "Export these: robot/pose/**; may be repeated (default: all).")
  private List<String> topics = List.of();

  @Mixin private Span span = new Span();
  @Mixin private SchemaOption schema = new SchemaOption();
  @Mixin private StoreOptions options = new StoreOptions();

  private final Map<Integer, Optional<Rows>> rows = new HashMap<>();
  private final Set<String> foundFields = new HashSet<>();
  private final Map<String, IllegalArgumentException> missingFields = new HashMap<>();
  private long leftOutCount;
  private long withoutFieldCount;

  private RecordingExport() {}

  /**
   * The conversion of a schema's messages to lines.
   *
   * @param paths of the fields that were named; empty for one that the type doesn't have
   */
  private record Rows(MessageType type, List<Optional<FieldPath>> paths) {
    private boolean isLeftOut() {
      return !paths.isEmpty() && paths.stream().allMatch(Optional::isEmpty);
    }
  }

  @Override
  StoreOptions storeOptions() {
    return options;
  }

  @Override
  void run(Stores stores) throws IOException, CommandFailedException {
    if (isCsv && fields.isEmpty()) {
      throw usage("--csv: name the fields that are the columns");
    }
    if (isCsv && output.json()) {
      throw usage("--csv and --json exclude each other");
    }
    Rows given = schema.isGiven() ? rows(schema.find()) : null;
    checkFields();
    ObjectStore store = store(stores, uri);
    Span.Times times = span.in(store, uri);
    Predicate<String> wanted = Topics.among(topics);
    if (isCsv) {
      line("time", "topic", fields);
    }
    try (OffHeapPool pool = new OffHeapPool(POOL_BYTE_SIZE);
        McapReader reader = McapReader.open(store.read(uri.key()))) {
      reader.select(channel -> wanted.test(channel.topic()));
      Optional<McapMessage> next = reader.next();
      while (next.isPresent()) {
        try (McapMessage message = next.get()) {
          long time = message.logTimeNanos();
          if (time >= times.fromNanos() && time <= times.toNanos()) {
            export(reader, message, given, pool);
          }
        }
        next = reader.next();
      }
      reader.truncation().ifPresent(where -> complain(uri + ": " + where));
    } catch (McapFormatException e) {
      throw new CommandFailedException(uri + ": " + e.getMessage(), e);
    }
    checkFields();
    if (withoutFieldCount > 0) {
      say(
          spec.qualifiedName()
              + ": "
              + withoutFieldCount
              + " messages have none of the fields and are left out");
    }
    if (leftOutCount > 0) {
      say(
          spec.qualifiedName()
              + ": "
              + leftOutCount
              + " messages have no schema of Cap'n Proto and are left out; --schema names one");
    }
  }

  /** Versions of a type, and types, of one recording differ in their fields. */
  private Rows rows(MessageType type) {
    List<Optional<FieldPath>> paths = new ArrayList<>();
    for (String field : fields) {
      try {
        paths.add(Optional.of(type.path(field)));
        foundFields.add(field);
      } catch (IllegalArgumentException e) {
        paths.add(Optional.empty());
        missingFields.putIfAbsent(field, e);
      }
    }
    return new Rows(type, List.copyOf(paths));
  }

  /** A field that no type has was misspelled. */
  private void checkFields() {
    for (String field : fields) {
      IllegalArgumentException fault = missingFields.get(field);
      if (fault != null && !foundFields.contains(field)) {
        throw fault;
      }
    }
  }

  private void export(
      McapReader reader, McapMessage message, @Nullable Rows given, OffHeapPool pool)
      throws CommandFailedException {
    McapChannel channel = message.channel();
    Rows known = given;
    if (known == null) {
      Optional<Rows> found = rows.get(channel.schemaId());
      if (found == null) {
        found = ofRecording(reader.schemaOf(channel).orElse(null));
        rows.put(channel.schemaId(), found);
      }
      known = found.orElse(null);
    }
    if (known == null) {
      leftOutCount++;
      return;
    }
    if (known.isLeftOut()) {
      withoutFieldCount++;
      return;
    }
    String time = time(message.logTimeNanos());
    try (MessageView view = MessageView.of(message.data(), pool)) {
      if (isCsv) {
        List<String> values = new ArrayList<>();
        for (Optional<FieldPath> path : known.paths) {
          values.add(path.isEmpty() ? "" : path.get().toText(view, CELL));
        }
        line(time, channel.topic(), values);
      } else {
        json(time, channel.topic(), known, view);
      }
    } catch (CapnProtoException e) {
      throw new CommandFailedException(
          uri + ": message of " + channel.topic() + " at " + time + ": " + e.getMessage(), e);
    }
  }

  private Optional<Rows> ofRecording(@Nullable McapSchema recorded) throws CommandFailedException {
    if (recorded == null || !recorded.encoding().equals(SCHEMA_ENCODING)) {
      return Optional.empty();
    }
    try {
      MessageSchemas schemas = MessageSchemas.fromRequest(recorded.data().copyToByteArray());
      return Optional.of(rows(schemas.type(recorded.name())));
    } catch (CapnProtoException e) {
      throw new CommandFailedException(
          uri + ": its schema " + recorded.name() + " is faulty: " + e.getMessage(), e);
    }
  }

  private void json(String time, String topic, Rows known, MessageView view)
      throws CapnProtoException {
    StringBuilder line = new StringBuilder("{\"time\":\"").append(time).append("\",\"topic\":");
    line.append(quoted(topic));
    if (known.paths.isEmpty()) {
      line.append(",\"message\":").append(known.type.toText(view, MessageFormat.json()));
    }
    for (int i = 0; i < known.paths.size(); i++) {
      Optional<FieldPath> path = known.paths.get(i);
      line.append(',').append(quoted(fields.get(i))).append(':');
      line.append(path.isEmpty() ? "null" : path.get().toText(view, MessageFormat.json()));
    }
    out().println(line.append('}'));
  }

  private static String quoted(String value) {
    String json = new JsonObject().with("", value).toString();
    return json.substring(json.indexOf(':') + 1, json.length() - 1);
  }

  private void line(String time, String topic, List<String> values) {
    out()
        .println(
            escaped(time)
                + ","
                + escaped(topic)
                + ","
                + values.stream().map(RecordingExport::escaped).collect(Collectors.joining(",")));
  }

  private static String escaped(String value) {
    boolean isPlain = value.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return isPlain ? value : '"' + value.replace("\"", "\"\"") + '"';
  }
}
