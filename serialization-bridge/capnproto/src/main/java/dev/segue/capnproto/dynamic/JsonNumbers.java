package dev.segue.capnproto.dynamic;

import java.math.BigDecimal;
import java.math.BigInteger;

/** Values of JSON as the bits of numbers, truth values and enums. */
final class JsonNumbers {
  private static final int MAX_EXPONENT = 1000;
  private static final int MAX_LENGTH = 1000;

  private JsonNumbers() {}

  /**
   * @throws IllegalArgumentException if the value doesn't fit the type
   */
  static long bits(ValueType type, JsonParser.Json value, String path) {
    if (type instanceof ValueType.EnumType names) {
      return enumerant(names, value, path);
    }
    Scalar scalar = (Scalar) type;
    if (scalar == Scalar.BOOL) {
      if (value instanceof JsonParser.Truth truth) {
        return truth.value() ? 1 : 0;
      }
      throw MessageEncoder.unfit(path, "true or false", value);
    }
    return scalar.isFloat() ? real(scalar, value, path) : whole(scalar, value, path);
  }

  private static long enumerant(ValueType.EnumType type, JsonParser.Json value, String path) {
    if (value instanceof JsonParser.Quoted word) {
      int index = type.names().indexOf(word.value());
      if (index >= 0) {
        return index;
      }
    } else if (value instanceof JsonParser.Digits) {
      return whole(Scalar.UINT16, value, path);
    }
    throw MessageEncoder.unfit(path, "one of " + String.join(", ", type.names()), value);
  }

  private static long real(Scalar type, JsonParser.Json value, String path) {
    String digits = digits(type, value, path);
    double number =
        switch (digits) {
          case "NaN", "nan" -> Double.NaN;
          case "Infinity", "inf" -> Double.POSITIVE_INFINITY;
          case "-Infinity", "-inf" -> Double.NEGATIVE_INFINITY;
          default -> parsed(type, digits, path, value);
        };
    return type == Scalar.FLOAT32
        ? Integer.toUnsignedLong(Float.floatToIntBits((float) number))
        : Double.doubleToLongBits(number);
  }

  private static double parsed(Scalar type, String digits, String path, JsonParser.Json value) {
    // Java would take 1d and 0x1p3 as well.
    if (!digits.chars().allMatch(c -> "0123456789+-.eE".indexOf(c) >= 0)) {
      throw MessageEncoder.unfit(path, type.word(), value);
    }
    double number;
    try {
      // A float that went through a double could be rounded twice.
      number = type == Scalar.FLOAT32 ? Float.parseFloat(digits) : Double.parseDouble(digits);
    } catch (NumberFormatException e) {
      throw MessageEncoder.unfit(path, type.word(), value);
    }
    if (Double.isInfinite(number)) {
      throw MessageEncoder.unfit(path, type.word() + ", which has no room for it", value);
    }
    return number;
  }

  private static long whole(Scalar type, JsonParser.Json value, String path) {
    String digits = digits(type, value, path);
    BigInteger number;
    try {
      BigDecimal decimal = new BigDecimal(digits);
      // The digits of 1e1000000000 would fill the memory.
      if (Math.abs((long) decimal.scale()) > MAX_EXPONENT) {
        throw MessageEncoder.unfit(path, type.word(), value);
      }
      number = decimal.toBigIntegerExact();
    } catch (NumberFormatException e) {
      throw MessageEncoder.unfit(path, type.word(), value);
    } catch (ArithmeticException e) {
      throw MessageEncoder.unfit(path, type.word() + ", a whole number", value);
    }
    int bits = type.bits();
    int minimumBits = type.isSigned() ? number.bitLength() + 1 : number.bitLength();
    if (minimumBits > bits || (!type.isSigned() && number.signum() < 0)) {
      throw MessageEncoder.unfit(path, type.word() + ", which has no room for it", value);
    }
    return number.longValue() & (-1L >>> (Long.SIZE - bits));
  }

  private static String digits(Scalar type, JsonParser.Json value, String path) {
    return switch (value) {
      case JsonParser.Digits digits when digits.value().length() < MAX_LENGTH -> digits.value();
      case JsonParser.Quoted words when words.value().length() < MAX_LENGTH -> words.value();
      default -> throw MessageEncoder.unfit(path, type.word(), value);
    };
  }
}
