# SPDX-License-Identifier: MIT
"""Numbers that tests/models/golden.h computes too, and the data set's first images."""

import gzip
import pathlib

import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]


def hashed(count, stream):
    """`count` floats in [-1, 1): lowbias32 of index + stream * 2^24, 24 bits of it."""
    with np.errstate(over="ignore"):
        x = np.arange(count, dtype=np.uint32) + np.uint32(stream << 24)
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x7FEB352D)
        x ^= x >> np.uint32(15)
        x *= np.uint32(0x846CA68B)
        x ^= x >> np.uint32(16)
    return (x >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-23) - np.float32(1)


def network(sizes, stream):
    """Weights and biases of a fully connected network, layer by layer."""
    parameters = []
    for fan_in, fan_out in zip(sizes, sizes[1:]):
        bound = np.float32(1 / np.sqrt(fan_in))
        for shape in ((fan_out, fan_in), (fan_out,)):
            values = hashed(int(np.prod(shape)), stream) * bound
            parameters.append(torch.tensor(values.reshape(shape), requires_grad=True))
            stream += 1
    return parameters


def forward(parameters, x):
    """The last layer's output, before an activation; ReLU between layers."""
    layers = list(zip(parameters[::2], parameters[1::2]))
    for weight, bias in layers[:-1]:
        x = torch.relu(torch.nn.functional.linear(x, weight, bias))
    return torch.nn.functional.linear(x, *layers[-1])


def noise(rows, columns, stream):
    """Uniform noise of variance 1."""
    values = hashed(rows * columns, stream) * np.float32(1.7320508)
    return torch.tensor(values.reshape(rows, columns))


def images(count):
    with gzip.open(ROOT / "data/mnist/train-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read()[16:], np.uint8).reshape(-1, 784)
    return torch.tensor(pixels[:count].astype(np.float32) * np.float32(1 / 255))


def sampled(parameters, stride):
    return [p.detach().flatten()[::stride].tolist() for p in parameters]
