#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/golden/gan_seed.json: 20 steps of the GAN recipe `seed` in PyTorch.

Needs torch==2.15.0 and numpy==2.4.6 (pip install, in a virtual environment).
Initial weights and noise come from an integer hash that tests/models/gan_golden_test.cpp repeats, so
the file holds results alone: the losses of every step, and every 997th weight after the last.
"""

import gzip
import json
import pathlib

import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
GENERATOR = [100, 128, 256, 512, 784]
DISCRIMINATOR = [784, 256, 128, 1]
BATCH, STEPS, STRIDE = 64, 20, 997


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
    parameters = []
    for fan_in, fan_out in zip(sizes, sizes[1:]):
        bound = np.float32(1 / np.sqrt(fan_in))
        for shape in ((fan_out, fan_in), (fan_out,)):
            values = hashed(int(np.prod(shape)), stream) * bound
            parameters.append(torch.tensor(values.reshape(shape), requires_grad=True))
            stream += 1
    return parameters


def forward(parameters, x):
    layers = list(zip(parameters[::2], parameters[1::2]))
    for weight, bias in layers[:-1]:
        x = torch.relu(torch.nn.functional.linear(x, weight, bias))
    return torch.sigmoid(torch.nn.functional.linear(x, *layers[-1]))


def noise(step, half):
    values = hashed(BATCH * GENERATOR[0], 100 + 2 * step + half) * np.float32(1.7320508)
    return torch.tensor(values.reshape(BATCH, GENERATOR[0]))


def main():
    with gzip.open(ROOT / "data/mnist/train-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read()[16:], np.uint8).reshape(-1, 784)
    images = torch.tensor(pixels[: BATCH * STEPS].astype(np.float32) * np.float32(1 / 255))
    generator, discriminator = network(GENERATOR, 0), network(DISCRIMINATOR, 20)
    g_adam = torch.optim.Adam(generator, lr=2e-4, betas=(0.9, 0.999))
    d_adam = torch.optim.Adam(discriminator, lr=2e-4, betas=(0.9, 0.999))
    bce = torch.nn.functional.binary_cross_entropy
    golden = {"d_loss": [], "g_loss": []}
    for step in range(STEPS):
        real = images[BATCH * step : BATCH * (step + 1)]
        with torch.no_grad():
            fake = forward(generator, noise(step, 0))
        on_real, on_fake = forward(discriminator, real), forward(discriminator, fake)
        d_loss = bce(on_real, torch.ones_like(on_real)) + bce(on_fake, torch.zeros_like(on_fake))
        d_adam.zero_grad()
        d_loss.backward()
        d_adam.step()
        judged = forward(discriminator, forward(generator, noise(step, 1)))
        g_loss = bce(judged, torch.ones_like(judged))
        g_adam.zero_grad()
        g_loss.backward()
        g_adam.step()
        golden["d_loss"].append(d_loss.item())
        golden["g_loss"].append(g_loss.item())
    for name, parameters in (("generator", generator), ("discriminator", discriminator)):
        golden[name] = [p.detach().flatten()[::STRIDE].tolist() for p in parameters]
    target = ROOT / "tests/golden/gan_seed.json"
    target.write_text(json.dumps(golden) + "\n")
    print(f"wrote {target}: d_loss {golden['d_loss'][-1]:.6f}, g_loss {golden['g_loss'][-1]:.6f}")


if __name__ == "__main__":
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    main()
