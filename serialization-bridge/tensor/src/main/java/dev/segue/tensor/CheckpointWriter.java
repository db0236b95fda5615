package dev.segue.tensor;

import dev.segue.bytes.SegmentedBytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes the pickle of a {@code state_dict}, and the archive around it. */
final class CheckpointWriter {
  private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();

  private CheckpointWriter() {}

  static SegmentedBytes write(Map<String, Tensor> stateDict) {
    CheckpointWriter writer = new CheckpointWriter();
    Map<String, SegmentedBytes> storages = new LinkedHashMap<>();
    writer.op(0x80).op(2);
    writer.global("collections", "OrderedDict").op(')').op('R').op('(');
    for (Map.Entry<String, Tensor> entry : new LinkedHashMap<>(stateDict).entrySet()) {
      String key = Integer.toString(storages.size());
      writer.text(entry.getKey()).tensor(entry.getValue(), key);
      storages.put("archive/data/" + key, entry.getValue().bytes());
    }
    writer.op('u').op('.');
    Map<String, SegmentedBytes> entries = new LinkedHashMap<>();
    entries.put("archive/data.pkl", SegmentedBytes.copyOf(writer.pickle.toByteArray()));
    entries.put("archive/byteorder", SegmentedBytes.copyOfUtf8("little"));
    entries.putAll(storages);
    entries.put("archive/version", SegmentedBytes.copyOfUtf8("3\n"));
    return StoredZip.write(entries);
  }

  private CheckpointWriter op(int opcode) {
    pickle.write(opcode);
    return this;
  }

  private CheckpointWriter global(String module, String name) {
    return op('c').line(module).line(name);
  }

  private CheckpointWriter line(String text) {
    pickle.writeBytes((text + "\n").getBytes(StandardCharsets.US_ASCII));
    return this;
  }

  private CheckpointWriter text(String text) {
    byte[] utf8 = EncodedName.of("checkpoint", text);
    op('X');
    for (int i = 0; i < Integer.BYTES; i++) {
      op(utf8.length >> (8 * i));
    }
    pickle.writeBytes(utf8);
    return this;
  }

  private CheckpointWriter number(long value) {
    op(0x8a).op(Long.BYTES);
    for (int i = 0; i < Long.BYTES; i++) {
      op((int) (value >> (8 * i)) & 0xFF);
    }
    return this;
  }

  private CheckpointWriter numbers(long[] values) {
    op('(');
    for (long value : values) {
      number(value);
    }
    return op('t');
  }

  private void tensor(Tensor tensor, String key) {
    ElementType type = tensor.type();
    String storage = TorchTypes.storage(type);
    String dtype = TorchTypes.dtype(type);
    if (dtype == null) {
      throw new IllegalArgumentException(
          "checkpoint of " + tensor + ": PyTorch has no such element type");
    }
    boolean typed = storage != null;
    global("torch._utils", typed ? "_rebuild_tensor_v2" : "_rebuild_tensor_v3").op('(');
    op('(').text("storage");
    if (storage == null) {
      global("torch.storage", "UntypedStorage");
    } else {
      global("torch", storage);
    }
    long count = typed ? tensor.elementCount() : tensor.bytes().byteSize();
    text(key).text("cpu").number(count).op('t').op('Q');
    long[] shape = tensor.shape();
    number(0).numbers(shape).numbers(strides(shape));
    op(0x89).global("collections", "OrderedDict").op(')').op('R');
    if (!typed) {
      global("torch", dtype);
    }
    op('t').op('R');
  }

  private static long[] strides(long[] shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride = Math.multiplyExact(stride, Math.max(1, shape[i]));
    }
    return strides;
  }
}
