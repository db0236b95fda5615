"""golden.py FOLDER: makes the checkpoints of PyTorch that the tests read, with the real torch.

    python3 -m venv /tmp/torch && /tmp/torch/bin/pip install torch numpy
    /tmp/torch/bin/python serialization-bridge/tensor/src/test/python/golden.py \
        serialization-bridge/tensor/src/test/resources/dev/segue/tensor
"""

import collections
import os
import sys

import torch

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
torch.manual_seed(7)

model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2))
with torch.no_grad():
    for number, parameter in enumerate(model.parameters()):
        parameter.copy_(torch.arange(parameter.numel(), dtype=torch.float32).reshape(parameter.shape) + number)
torch.save(model.state_dict(), f"{folder}/state_dict.pt")

optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
torch.save(
    {
        "epoch": 12,
        "large": 2**70,
        "negative": -(2**40),
        "loss": 0.25,
        "name": "né",
        "flag": True,
        "none": None,
        "list": [1, (2, 3.5), {"a": b"bytes"}],
        "set": {5},
        "shape": torch.Size([2, 3]),
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "dtype": torch.float16,
    },
    f"{folder}/checkpoint.pt",
)

base = torch.arange(24, dtype=torch.int32)
types = collections.OrderedDict()
for name in (
    "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128 "
    "uint16 uint32 uint64 float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu"
).split():
    dtype = getattr(torch, name, None)
    if dtype is not None:
        types[name] = torch.tensor([0, 1, 1, 2], dtype=torch.float32).to(dtype).reshape(2, 2)
types["view"] = base[4:16].reshape(3, 4)
types["same storage"] = base
types["scalar"] = torch.tensor(3.5)
types["empty"] = torch.zeros(0, 3)
types["parameter"] = torch.nn.Parameter(torch.ones(2))
torch.save(types, f"{folder}/types.pt")

torch.save({"transposed": base.reshape(4, 6).t(), "plain": base[:2].clone()}, f"{folder}/strided.pt")
torch.save({"module": model}, f"{folder}/module.pt")
torch.save({"w": torch.ones(2)}, f"{folder}/legacy.pt", _use_new_zipfile_serialization=False)
