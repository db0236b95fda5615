"""Checks what `segue demo --json` printed: every lane there, every figure a number, no frame lost."""

import json
import sys

lanes = json.loads(open(sys.argv[1]).read().strip().splitlines()[-1])["lanes"]
assert [lane["lane"] for lane in lanes] == ["copy", "borrow", "shm", "iceoryx2"], lanes
for lane in lanes:
    assert lane["frames"] > 0, lane
    assert lane["framesLost"] == 0, lane
    assert lane["latencyMicros"]["p50"] <= lane["latencyMicros"]["p90"] <= lane["latencyMicros"]["p99"], lane
    assert lane["putMicros"]["p50"] > 0, lane
by_name = {lane["lane"]: lane["bytesCopiedPerFrame"] for lane in lanes}
frame = 1920 * 1536 * 4
assert by_name["copy"]["publisher"] >= 2 * frame, by_name
assert frame <= by_name["borrow"]["publisher"] < 1.1 * frame, by_name
assert by_name["shm"]["publisher"] < 4096 and by_name["shm"]["subscriber"] == 0, by_name
assert by_name["iceoryx2"] == {"publisher": 0, "subscriber": 0}, by_name
print("the demo's lanes: every frame there, copies as the ledger promises")
