"""check.py FILE: fails unless the real torch loads a checkpoint, nothing but weights, as promised:
"a" is a float32 arange(6) of shape 2x3, "b" a bfloat16 and "c" a float8_e5m2 of ones."""

import sys

import torch

state = torch.load(sys.argv[1], weights_only=True)
assert list(state) == ["a", "b", "c", "none"], list(state)
assert torch.equal(state["a"], torch.arange(6, dtype=torch.float32).reshape(2, 3)), state["a"]
assert state["b"].dtype == torch.bfloat16 and torch.equal(state["b"].float(), torch.ones(4)), state["b"]
assert state["c"].dtype == torch.float8_e5m2 and torch.equal(state["c"].float(), torch.ones(2)), state["c"]
assert state["none"].shape == (0, 3) and state["none"].dtype == torch.int64
print("checked", len(state))
