#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/golden/pytorch_mlp.{onnx,safetensors,json}: a small network of PyTorch's, exported by PyTorch and
saved by safetensors, with inputs and the outputs that PyTorch computes.

usage: onnx_golden.py    (torch 2.15.0, onnx 1.23.2, onnxscript 0.7.2, safetensors 0.8.0)

The safetensors file carries the metadata by which Kiln knows a network, so that it is one that Kiln loads.
"""
import json
import pathlib

import onnx
import safetensors.torch
import torch

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "tests/golden"
SIZES = (5, 8, 7, 6)


def main():
    torch.manual_seed(1)
    layers = []
    for i, (fan_in, fan_out) in enumerate(zip(SIZES, SIZES[1:])):
        last = i + 2 == len(SIZES)
        layers += [(f"fc{i + 1}", torch.nn.Linear(fan_in, fan_out)),
                   (f"act{i + 1}", torch.nn.Sigmoid() if last else torch.nn.LeakyReLU(0.2))]
    net = torch.nn.Sequential()
    for name, module in layers:
        net.add_module(name, module)
    x = torch.randn(3, SIZES[0])
    with torch.no_grad():
        y = net(x)
    program = torch.onnx.export(net, (x,), input_names=["z"], output_names=["image"], dynamo=True,
                                dynamic_shapes=({0: torch.export.Dim("batch")},))
    model = program.model_proto
    for part in (model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]  # paths and stack traces of the machine that made it
    onnx.save(model, GOLDEN / "pytorch_mlp.onnx")
    architecture = {"type": "mlp", "role": "generator", "sizes": SIZES,
                    "hidden_activation": {"type": "leaky_relu", "slope": 0.2},
                    "output_activation": {"type": "sigmoid"}, "image_shape": (2, 3)}
    safetensors.torch.save_file(net.state_dict(), GOLDEN / "pytorch_mlp.safetensors",
                                {"kiln.architecture": json.dumps(architecture)})
    golden = {"x": x.flatten().tolist(), "y": y.flatten().tolist()}
    (GOLDEN / "pytorch_mlp.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
