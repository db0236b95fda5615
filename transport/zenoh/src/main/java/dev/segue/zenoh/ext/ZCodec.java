package dev.segue.zenoh.ext;

import dev.segue.bytes.SegmentedBytes;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes and reads values of one type. A type of one's own writes its fields one after the other.
 *
 * <p>Lifetime: a value, if its author keeps it so. Threads: any.
 *
 * @param <T> the type in Java
 */
public interface ZCodec<T> {
  /** Writes a value. */
  void write(T value, ZSerializer to);

  /** Reads a value. */
  T read(ZDeserializer from) throws ZDeserializeException;

  /** The bytes of one value. */
  default SegmentedBytes serialize(T value) {
    ZSerializer serializer = new ZSerializer();
    write(value, serializer);
    return serializer.finish();
  }

  /**
   * Deserializes bytes that consist of one value.
   *
   * @throws ZDeserializeException if they aren't a value, or more than one
   */
  default T deserialize(SegmentedBytes bytes) throws ZDeserializeException {
    ZDeserializer deserializer = new ZDeserializer(bytes);
    T value = read(deserializer);
    deserializer.checkDone();
    return value;
  }

  /** Writes. */
  @FunctionalInterface
  interface Writer<T> {
    /** Writes a value. */
    void write(ZSerializer to, T value);
  }

  /** Reads. */
  @FunctionalInterface
  interface Reader<T> {
    /** Reads a value. */
    T read(ZDeserializer from) throws ZDeserializeException;
  }

  /** The codec of these two. */
  static <T> ZCodec<T> of(Writer<T> writer, Reader<T> reader) {
    return new ZCodec<>() {
      @Override
      public void write(T value, ZSerializer to) {
        writer.write(to, value);
      }

      @Override
      public T read(ZDeserializer from) throws ZDeserializeException {
        return reader.read(from);
      }
    };
  }

  /** {@code bool}. */
  ZCodec<Boolean> BOOL = of(ZSerializer::writeBool, ZDeserializer::readBool);

  /** {@code i8}. */
  ZCodec<Byte> INT8 = of(ZSerializer::writeInt8, ZDeserializer::readInt8);

  /** {@code i16}. */
  ZCodec<Short> INT16 = of(ZSerializer::writeInt16, ZDeserializer::readInt16);

  /** {@code i32}. */
  ZCodec<Integer> INT32 = of(ZSerializer::writeInt32, ZDeserializer::readInt32);

  /** {@code i64}. */
  ZCodec<Long> INT64 = of(ZSerializer::writeInt64, ZDeserializer::readInt64);

  /** {@code i128}. */
  ZCodec<BigInteger> INT128 = of(ZSerializer::writeInt128, ZDeserializer::readInt128);

  /** {@code u8}. */
  ZCodec<Integer> UINT8 = of(ZSerializer::writeUint8, ZDeserializer::readUint8);

  /** {@code u16}. */
  ZCodec<Integer> UINT16 = of(ZSerializer::writeUint16, ZDeserializer::readUint16);

  /** {@code u32}. */
  ZCodec<Long> UINT32 = of(ZSerializer::writeUint32, ZDeserializer::readUint32);

  /** {@code u64} as its bits. */
  ZCodec<Long> UINT64 = of(ZSerializer::writeUint64, ZDeserializer::readUint64);

  /** {@code u128}. */
  ZCodec<BigInteger> UINT128 = of(ZSerializer::writeUint128, ZDeserializer::readUint128);

  /** {@code f32}. */
  ZCodec<Float> FLOAT32 = of(ZSerializer::writeFloat32, ZDeserializer::readFloat32);

  /** {@code f64}. */
  ZCodec<Double> FLOAT64 = of(ZSerializer::writeFloat64, ZDeserializer::readFloat64);

  /** A text. */
  ZCodec<String> STRING = of(ZSerializer::writeString, ZDeserializer::readString);

  /** Bytes, lent on and read in place. */
  ZCodec<SegmentedBytes> BYTES = of(ZSerializer::writeBytes, ZDeserializer::readBytes);

  /** A count, unsigned, in as few bytes as it takes. */
  ZCodec<Long> VAR_INT = of(ZSerializer::writeVarInt, ZDeserializer::readVarInt);

  /** A sequence: {@code [T]}, {@code Vec<T>}, a list or set of Python. */
  static <T> ZCodec<List<T>> listOf(ZCodec<T> element) {
    return of(
        (to, list) -> {
          to.writeVarInt(list.size());
          list.forEach(value -> element.write(value, to));
        },
        from -> {
          int count = from.readCount();
          List<T> list = new ArrayList<>();
          for (int i = 0; i < count; i++) {
            list.add(element.read(from));
          }
          return list;
        });
  }

  /** A map; its order is kept, and of a key that comes twice the last value. */
  static <K, V> ZCodec<Map<K, V>> mapOf(ZCodec<K> key, ZCodec<V> value) {
    return of(
        (to, map) -> {
          to.writeVarInt(map.size());
          map.forEach(
              (k, v) -> {
                key.write(k, to);
                value.write(v, to);
              });
        },
        from -> {
          int count = from.readCount();
          Map<K, V> map = new LinkedHashMap<>();
          for (int i = 0; i < count; i++) {
            K k = key.read(from);
            map.put(k, value.read(from));
          }
          return map;
        });
  }

  /** A tuple of two. */
  static <A, B> ZCodec<Map.Entry<A, B>> pairOf(ZCodec<A> first, ZCodec<B> second) {
    return of(
        (to, pair) -> {
          first.write(pair.getKey(), to);
          second.write(pair.getValue(), to);
        },
        from -> {
          A a = first.read(from);
          return Map.entry(a, second.read(from));
        });
  }
}
