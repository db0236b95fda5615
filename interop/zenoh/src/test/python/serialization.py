"""Prints the bytes that zenoh-python gives to values, a line each: name=hexadecimal digits."""

import zenoh.ext as ext

VALUES = [
    ("bool", True),
    ("i8", ext.Int8(-3)),
    ("i16", ext.Int16(-30000)),
    ("i32", ext.Int32(-2000000000)),
    ("i64", ext.Int64(-9000000000000000000)),
    ("i128", ext.Int128(-(1 << 120))),
    ("u8", ext.UInt8(250)),
    ("u16", ext.UInt16(65000)),
    ("u32", ext.UInt32(4000000000)),
    ("u64", ext.UInt64(18000000000000000000)),
    ("u128", ext.UInt128(1 << 127)),
    ("f32", ext.Float32(-1.5)),
    ("f64", ext.Float64(1e300)),
    ("string", "naïve € 🤖"),
    ("long string", "x" * 300),
    ("bytes", bytes(range(200))),
    ("list of i32", [ext.Int32(i * 1000) for i in range(200)]),
    ("list of strings", ["a", "", "ccc"]),
    ("map", {"one": ext.Int64(1), "two": ext.Int64(2)}),
    ("tuple", (ext.UInt16(500), ext.Float32(1234.0), "test")),
    ("nested", [("s1", [ext.Int16(10)]), ("s2", [])]),
]

for name, value in VALUES:
    print(f"{name}={ext.z_serialize(value).to_bytes().hex()}", flush=True)
